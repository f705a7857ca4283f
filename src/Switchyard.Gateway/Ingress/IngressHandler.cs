using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Engine;
using Switchyard.Gateway.Ingress.Bodies;
using Switchyard.Gateway.Security;
using Switchyard.Limits;

namespace Switchyard.Gateway.Ingress;

/// <summary>
/// Handles the requests of one path of the table: authenticates, reads the body once, runs the call through the engine and writes the
/// answer. Failures are answered in the client's dialect. Thread-safe.
/// </summary>
internal sealed partial class IngressHandler(SwitchyardEngine engine, IIngressDialect dialect, IngressPath path, ILogger logger)
{
    private readonly IngressRequest _operationOnly = new(path.Operation);

    public async Task HandleAsync(HttpContext http)
    {
        IngressBody? body = null;
        // Key, size and route are checked with one configuration, even if it is reloaded while the body is being read.
        using var held = engine.Hold();
        try
        {
            var caller = ClientKeys.Check(http, held.Snapshot);
            LoopGuard.Check(http.Request);
            body = await IngressBody.ReadAsync(http, path.TakesForm, held.Snapshot.Section(RequestLimits.Section)!.MaxBodyBytes);
            var envelope = body.ReadEnvelope(dialect, ReadRequest(http.Request));
            var request = new CallRequest(envelope, body.ToCallBody(dialect, envelope))
            {
                Caller = caller,
                Strict = RequestHeaders.AsksForStrict(http.Request),
                Snapshot = held.Snapshot,
            };
            await using var response = await engine.RunAsync(request, http.RequestAborted);
            await IngressResponseWriter.WriteAsync(http, response, dialect);
        }
        catch (CallException e)
        {
            LogRefused(path.Operation, e.Error.Kind, e.Message);
            await IngressResponseWriter.WriteErrorAsync(http, ModelCall.NewId(), e.Error, dialect);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The client disconnected while its request was read or its answer written. The disposal of the answer has ended the call.
        }
        finally
        {
            if (body is not null)
                await body.DisposeAsync();
        }
    }

    /// <summary>Reads what is outside the body: the operation, in some dialects model and stream, and the dialect's headers.</summary>
    private IngressRequest ReadRequest(HttpRequest request)
    {
        var read = path.Read?.Invoke(request) ?? _operationOnly;
        Dictionary<string, string>? headers = null;
        var names = dialect.RequestHeaders;
        for (var i = 0; i < names.Count; i++)
        {
            var name = names[i];
            if (request.Headers.TryGetValue(name, out var value) && value.ToString() is { Length: > 0 } text)
                (headers ??= [])[name] = text;
        }

        return headers is null ? read : read with { Headers = headers };
    }

    [LoggerMessage(1, LogLevel.Information, "{Operation} refused before it became a call: {Kind}: {Reason}")]
    private partial void LogRefused(CallOperation operation, CallErrorKind kind, string reason);
}
