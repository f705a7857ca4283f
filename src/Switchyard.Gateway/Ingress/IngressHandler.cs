using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Switchyard.Calls;
using Switchyard.Dialects;
using Switchyard.Gateway.Security;

namespace Switchyard.Gateway.Ingress;

/// <summary>
/// One handler for all calling paths: reads the request once, makes a call of it, runs it through the engine and has the answer
/// written. What goes wrong on the way is answered in the client's dialect.
/// </summary>
internal sealed partial class IngressHandler(
    SwitchyardEngine engine, IIngressDialect dialect, CallOperation operation, ClientKeys keys, ILogger logger)
{
    public async Task HandleAsync(HttpContext http)
    {
        PooledBytes? body = null;
        try
        {
            keys.Check(http.Request);
            LoopGuard.Check(http.Request);
            body = await RequestBodyReader.ReadAsync(http, engine.Options.Server.MaxBodyBytes);
            var envelope = dialect.ReadEnvelope(operation, body.Memory.Span);
            var call = engine.CreateCall(envelope, CallBody.FromWire(dialect, operation, body), http.RequestAborted);
            if (RequestHeaders.AsksForStrict(http.Request))
                call.Strict = true;

            await using var response = await engine.RunAsync(call);
            await IngressResponseWriter.WriteAsync(http, call, response, dialect);
        }
        catch (CallException e)
        {
            LogRefused(operation, e.Error.Kind, e.Message);
            await IngressResponseWriter.WriteErrorAsync(http, CallIds.NewRequestId(), e.Error, dialect);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The client left while we were reading from it or writing to it; the call has been ended by its own disposal.
        }
        finally
        {
            body?.Release();
        }
    }

    [LoggerMessage(1, LogLevel.Information, "{Operation} refused before it became a call: {Kind}: {Reason}")]
    private partial void LogRefused(CallOperation operation, CallErrorKind kind, string reason);
}
