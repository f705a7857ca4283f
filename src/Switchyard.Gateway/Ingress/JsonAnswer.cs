using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Switchyard.Calls;
using Switchyard.Dialects;
using Switchyard.Engine;
using Switchyard.Gateway.Security;

namespace Switchyard.Gateway.Ingress;

/// <summary>
/// Writes the JSON of an endpoint that is not a call, such as a list of models: checks the client's key, writes errors in a dialect.
/// </summary>
internal static class JsonAnswer
{
    public static async Task WriteAsync(
        HttpContext http, SwitchyardEngine engine, IIngressDialect errors, Func<Utf8JsonWriter, ValueTask> write)
    {
        var requestId = ModelCall.NewId();
        try
        {
            ClientKeys.Check(http, engine.Snapshot);
            var body = new ArrayBufferWriter<byte>(4096);
            await using (var json = new Utf8JsonWriter(body))
                await write(json);
            http.Response.Headers[ResponseHeaders.RequestId] = requestId;
            http.Response.ContentType = "application/json";
            http.Response.ContentLength = body.WrittenCount;
            await http.Response.BodyWriter.WriteAsync(body.WrittenMemory, http.RequestAborted);
        }
        catch (CallException e)
        {
            await IngressResponseWriter.WriteErrorAsync(http, requestId, e.Error, errors);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The client disconnected.
        }
    }
}
