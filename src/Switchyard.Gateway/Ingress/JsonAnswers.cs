using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Switchyard.Calls;
using Switchyard.Dialects;
using Switchyard.Engine;
using Switchyard.Gateway.Security;

namespace Switchyard.Gateway.Ingress;

/// <summary>
/// Writes the JSON of endpoints that are not calls, such as a list of models: checks the client's key, writes errors in a dialect.
/// Thread-safe.
/// </summary>
internal sealed class JsonAnswers(SwitchyardEngine engine, Refusals refusals)
{
    public async Task WriteAsync(HttpContext http, IIngressDialect errors, Func<Utf8JsonWriter, ValueTask> write)
    {
        try
        {
            ClientKeys.Check(http, engine.Snapshot);
            var body = new ArrayBufferWriter<byte>(4096);
            await using (var json = new Utf8JsonWriter(body))
                await write(json);
            http.Response.Headers[ResponseHeaders.RequestId] = RequestIds.Of(http);
            http.Response.ContentType = "application/json";
            http.Response.ContentLength = body.WrittenCount;
            await http.Response.BodyWriter.WriteAsync(body.WrittenMemory, http.RequestAborted);
        }
        catch (CallException e)
        {
            await refusals.WriteAsync(http, e.Error, errors);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The client disconnected.
        }
    }
}
