using Microsoft.AspNetCore.Http;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Engine;
using Switchyard.Gateway.Ingress.Bodies;
using Switchyard.Gateway.Ingress.Foreign;
using Switchyard.Gateway.Security;
using Switchyard.Limits;

namespace Switchyard.Gateway.Ingress;

/// <summary>
/// Handles the requests of one path of the table: authenticates, reads the body once, runs the call through the engine and writes the
/// answer. Failures are answered in the client's dialect. Thread-safe.
/// </summary>
internal sealed class IngressHandler(SwitchyardEngine engine, IIngressDialect dialect, IngressPath path, IngressParts parts)
{
    private readonly IngressRequest _operationOnly = new(path.Operation);

    public async Task HandleAsync(HttpContext http)
    {
        var body = default(IngressBody);
        // Key, size and route are checked with one configuration, even if it is reloaded while the body is being read.
        using var held = engine.Hold();
        try
        {
            var caller = ClientKeys.Check(http, held.Snapshot);
            var hops = LoopGuard.Check(http.Request, held.Snapshot);
            var read = ReadRequest(http.Request);
            body = await IngressBody.ReadAsync(http, IngressPath.TakesForm(read.Operation), held.Snapshot, parts.Bodies);
            await using var response = await RunAsync(http, ToCallRequest(http, read, body, caller, hops, held.Snapshot));
            EndConnectionIfStopping(http);
            await IngressResponseWriter.WriteAsync(http, response, dialect);
        }
        catch (Exception e)
        {
            EndConnectionIfStopping(http);
            if (!await parts.Failures.TryAnswerAsync(http, e, dialect, path.Operation))
                throw;
        }
        finally
        {
            await body.DisposeAsync();
        }
    }

    /// <summary>
    /// While the host stops, announces that the connection ends with this answer. The server closes idle connections when it stops
    /// listening, and a client may send its next request on one at that very moment: it would see a reset, and could not know whether
    /// the call was made. HTTP/2 announces the end itself.
    /// </summary>
    private void EndConnectionIfStopping(HttpContext http)
    {
        if (parts.Stopping.IsCancellationRequested && !http.Response.HasStarted && HttpProtocol.IsHttp11(http.Request.Protocol))
            http.Response.Headers.Connection = "close";
    }

    /// <summary>Reads what is outside the body: the operation, in some dialects model and stream, and the dialect's headers.</summary>
    private IngressRequest ReadRequest(HttpRequest request)
    {
        var read = path.Read?.Invoke(request) ?? _operationOnly;
        return RequestHeaders.OfDialect(request, dialect) is { } headers ? read with { Headers = headers } : read;
    }

    /// <summary>Refuses a header that would go to a provider and cannot be sent. Headers that only the dialect reads stay here.</summary>
    private void CheckSendable(CallEnvelope envelope)
    {
        var names = dialect.RequestHeaders;
        for (var i = 0; i < names.Count && envelope.Headers.Count > 0; i++)
        {
            if (envelope.Headers.TryGetValue(names[i], out var value))
                SendableHeader.Require(names[i], value);
        }
    }

    /// <summary>The call's request: what the body says, and what the headers add.</summary>
    private CallRequest ToCallRequest(
        HttpContext http, IngressRequest read, in IngressBody body, Caller caller, string? hops, CallSnapshot snapshot)
    {
        var foreign = ForeignRequest.Read(http.Request, snapshot);
        var envelope = body.ReadEnvelope(dialect, read);
        CheckSendable(envelope);
        envelope = foreign?.Complete(envelope) ?? envelope;
        // These may refuse the request. The body of the call comes after them: its hold on the bytes is released only by a call.
        var cacheControl = RequestHeaders.CacheControlOf(http.Request, snapshot) ?? foreign?.CacheControlOf(snapshot);
        var idempotencyKey = RequestHeaders.IdempotencyKeyOf(http.Request, snapshot);
        return new(envelope, body.ToCallBody(dialect, envelope))
        {
            Caller = caller,
            // A stream that is begun early needs its id before there is a call.
            Id = HeartbeatsFor(envelope, snapshot) is null ? RequestIds.FromClient(http.Request) : RequestIds.Of(http),
            Trace = RequestIds.TraceOf(http.Request),
            Tenant = RequestHeaders.TenantOf(http.Request),
            Tag = RequestHeaders.TagOf(http.Request, snapshot) ?? foreign?.TagOf(snapshot),
            Session = RequestHeaders.SessionOf(http.Request, snapshot) ?? foreign?.SessionOf(snapshot),
            Strict = RequestHeaders.AsksForStrict(http.Request),
            Explain = RequestHeaders.AsksForExplanation(http.Request),
            AffinityHeaders = RequestHeaders.AffinityOf(http.Request, snapshot),
            CacheControl = cacheControl,
            IdempotencyKey = idempotencyKey,
            Record = RequestHeaders.RecordOf(http.Request, snapshot),
            Wishes = foreign?.Wishes,
            Snapshot = snapshot,
            Hops = hops,
        };
    }

    /// <summary>Runs the call, with heartbeats until its answer is open if they are configured. Not async, to save an allocation.</summary>
    private ValueTask<CallResponse> RunAsync(HttpContext http, in CallRequest request)
    {
        var opening = engine.RunAsync(request, http.RequestAborted);
        return opening.IsCompleted || HeartbeatsFor(request.Envelope, request.Snapshot!) is not { } heartbeats
            ? opening
            : new(parts.Early.AwaitAsync(http, opening.AsTask(), heartbeats.Interval, dialect, ContextOf(request.Envelope, http)));
    }

    private static Heartbeats? HeartbeatsFor(CallEnvelope envelope, CallSnapshot snapshot) =>
        envelope is { Stream: true, Operation: CallOperation.Chat } ? snapshot.Section(Heartbeats.Section) : null;

    private static AnswerContext ContextOf(CallEnvelope envelope, HttpContext http) => new()
    {
        Operation = envelope.Operation,
        Model = envelope.Model,
        Created = default,
        RequestId = RequestIds.Of(http),
        AnswerForm = envelope.AnswerForm,
    };
}
