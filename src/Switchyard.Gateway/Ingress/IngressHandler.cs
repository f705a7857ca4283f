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
/// One handler for all calling paths: reads the request once, makes a call of it, runs it through the engine and has the answer
/// written. What goes wrong on the way is answered in the client's dialect.
/// </summary>
internal sealed partial class IngressHandler(SwitchyardEngine engine, IIngressDialect dialect, IngressPath path, ILogger logger)
{
    private readonly IngressRequest _operationAlone = new(path.Operation);

    public async Task HandleAsync(HttpContext http)
    {
        IngressBody? body = null;
        // One configuration judges the key, the size and the route, whatever is reloaded while the body is being read.
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
            // The client left while we were reading from it or writing to it; the call has been ended by its own disposal.
        }
        finally
        {
            if (body is not null)
                await body.DisposeAsync();
        }
    }

    /// <summary>What stands outside the body: in most formats nothing but the operation.</summary>
    private IngressRequest ReadRequest(HttpRequest request)
    {
        var read = path.Read?.Invoke(request) ?? _operationAlone;
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
