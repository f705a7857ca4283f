using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
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
internal sealed partial class IngressHandler(
    SwitchyardEngine engine, IIngressDialect dialect, IngressPath path, IngressParts parts)
{
    private readonly ILogger _logger = parts.Logger;
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
            var foreign = ForeignRequest.Read(http.Request, held.Snapshot);
            var envelope = body.ReadEnvelope(dialect, read);
            CheckSendable(envelope);
            envelope = foreign?.Complete(envelope) ?? envelope;
            var heartbeats = envelope is { Stream: true, Operation: CallOperation.Chat } ? held.Snapshot.Section(Heartbeats.Section) : null;
            var request = new CallRequest(envelope, body.ToCallBody(dialect, envelope))
            {
                Caller = caller,
                // A stream that is begun early needs its id before there is a call.
                Id = heartbeats is null ? RequestIds.Sent(http.Request) : RequestIds.Of(http),
                Trace = RequestIds.TraceOf(http.Request),
                Tenant = RequestHeaders.TenantOf(http.Request),
                Tag = RequestHeaders.TagOf(http.Request, held.Snapshot) ?? foreign?.TagOf(held.Snapshot),
                Session = RequestHeaders.SessionOf(http.Request, held.Snapshot) ?? foreign?.SessionOf(held.Snapshot),
                Strict = RequestHeaders.AsksForStrict(http.Request),
                Explain = RequestHeaders.AsksForExplanation(http.Request),
                AffinityHeaders = RequestHeaders.AffinityOf(http.Request, held.Snapshot),
                CacheControl = RequestHeaders.CacheControlOf(http.Request, held.Snapshot) ?? foreign?.CacheControlOf(held.Snapshot),
                IdempotencyKey = RequestHeaders.IdempotencyKeyOf(http.Request, held.Snapshot),
                Record = RequestHeaders.RecordOf(http.Request, held.Snapshot),
                Wishes = foreign?.Wishes,
                Snapshot = held.Snapshot,
                Hops = hops,
            };
            var opening = engine.RunAsync(request, http.RequestAborted);
            await using var response = heartbeats is null || opening.IsCompleted
                ? await opening
                : await parts.Early.AwaitAsync(http, opening.AsTask(), heartbeats.Interval, dialect, ContextOf(envelope, http));
            await IngressResponseWriter.WriteAsync(http, response, dialect);
        }
        catch (CallException e)
        {
            await parts.Refusals.WriteAsync(http, e.Error, dialect);
        }
        catch (ClientStalledException e)
        {
            // The disposal of the answer has ended the call and closed the upstream.
            LogStalled(http.Response.Headers[ResponseHeaders.RequestId].ToString(), e.Limit.TotalSeconds);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException
            && http.RequestAborted.IsCancellationRequested)
        {
            // The client disconnected while its request was read or its answer written. The disposal of the answer has ended the call.
        }
        catch (Exception e) when (!http.Response.HasStarted)
        {
            var id = RequestIds.OfAnswer(http);
            LogFailed(e, id, path.Operation);
            ResponseHeaders.TakeBack(http.Response);
            await IngressResponseWriter.WriteErrorAsync(http, id, CallError.Unexpected(e), dialect);
        }
        finally
        {
            await body.DisposeAsync();
        }
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

    private static AnswerContext ContextOf(CallEnvelope envelope, HttpContext http) => new()
    {
        Operation = envelope.Operation,
        Model = envelope.Model,
        Created = default,
        RequestId = RequestIds.Of(http),
        AnswerForm = envelope.AnswerForm,
    };

    [LoggerMessage(1, LogLevel.Information, "Call {RequestId}: the client left its answer unread for {Seconds:0.#} s "
        + "(timeouts.write, timeouts.total); its connection was closed")]
    private partial void LogStalled(string requestId, double seconds);

    [LoggerMessage(2, LogLevel.Error, "Call {RequestId} ({Operation}) could not be answered")]
    private partial void LogFailed(Exception cause, string requestId, CallOperation operation);
}
