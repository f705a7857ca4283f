using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Switchyard.Calls;
using Switchyard.Dialects;
using Switchyard.Engine;
using Switchyard.Gateway.Security;

namespace Switchyard.Gateway.Ingress;

/// <summary>
/// Writes the JSON of endpoints that are not calls, such as a list of models: checks the client's key, and writes errors in a dialect.
/// Thread-safe.
/// </summary>
internal sealed class JsonAnswers(SwitchyardEngine engine, Refusals refusals)
{
    /// <param name="http">The request.</param>
    /// <param name="errors">The dialect of an error.</param>
    /// <param name="write">Writes the answer.</param>
    /// <param name="openPath">The path by which <c>server.open</c> may serve it without a key; null if it always needs one.</param>
    public async Task WriteAsync(
        HttpContext http, IIngressDialect errors, Func<Utf8JsonWriter, ValueTask> write, string? openPath = null)
    {
        // The answer is for one key: a cache in between that looks at the address alone would serve it to others.
        http.Response.Headers.CacheControl = "no-store";
        try
        {
            if (openPath is null)
                ClientKeys.Check(http, engine.Snapshot);
            else
                ClientKeys.CheckUnlessOpen(http, engine.Snapshot, openPath);
            var body = new ArrayBufferWriter<byte>(4096);
            await using (var json = new Utf8JsonWriter(body))
                await write(json);
            ResponseHeaders.WriteId(http.Response.Headers, RequestIds.Of(http), errors);
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
