using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Logging;
using Switchyard.Calls;
using Switchyard.Engine;
using Switchyard.Gateway.Ingress;
using Switchyard.Gateway.Ingress.Bodies;
using Switchyard.Gateway.Security;
using Switchyard.Limits;
using Switchyard.Refinement;
using Switchyard.Refinement.Requests;

namespace Switchyard.Gateway.Refining;

/// <summary>
/// <c>POST /schemas/refine</c>: refines a schema on samples. Answers JSON, or with <c>stream: true</c> the progress as events; failures are
/// problem details.
/// </summary>
internal sealed partial class RefineEndpoint(
    SwitchyardEngine engine, SchemaRefinement refinement, BodyPool bodies, Refusals refusals, ILogger<RefineEndpoint> logger)
{
    /// <summary>The path.</summary>
    public const string Path = "/schemas/refine";

    private static readonly JsonWriterOptions s_readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private volatile LargestBody? _most;

    public async Task AnswerAsync(HttpContext http)
    {
        var isStream = false;
        try
        {
            using var held = engine.Hold();
            var context = new RefinementContext
            {
                Caller = ClientKeys.Check(http, held.Snapshot),
                RequestId = RequestIds.Of(http),
                Hops = LoopGuard.Check(http.Request, held.Snapshot),
                Tenant = RequestHeaders.TenantOf(http.Request),
                Tag = RequestHeaders.TagOf(http.Request, held.Snapshot),
                Session = RequestHeaders.SessionOf(http.Request, held.Snapshot),
            };
            var request = await ReadAsync(http, held.Snapshot);
            isStream = request.Stream
                || http.Request.Headers.Accept.ToString().Contains("text/event-stream", StringComparison.OrdinalIgnoreCase);
            if (isStream)
                await StreamAsync(http, request, context);
            else
                await WriteAsync(http, await refinement.RefineSchemaAsync(request, context, http.RequestAborted));
        }
        catch (CallException e)
        {
            await RefuseAsync(http, e.Error);
        }
        catch (Exception) when (http.RequestAborted.IsCancellationRequested)
        {
            // The client disconnected.
        }
        catch (Exception e)
        {
            LogFailed(e, RequestIds.Of(http));
            await RefuseAsync(http, new CallError(CallErrorKind.Internal, "The gateway failed to refine the schema.") { Cause = e });
        }
    }

    private async Task<SchemaRefinementRequest> ReadAsync(HttpContext http, CallSnapshot snapshot)
    {
        var most = MostOf(snapshot);
        if (http.Request.ContentLength > most)
            throw TooLarge(most);
        var body = await RequestBodyReader.ReadAsync(http, snapshot.Section(RequestLimits.Section)!, bodies, snapshot.Clocks.Total);
        try
        {
            // The body came without its length, or compressed.
            return body.Length > most ? throw TooLarge(most) : SchemaRefinementRequest.Parse(body.Memory.Span);
        }
        finally
        {
            body.Release();
        }
    }

    /// <summary>The largest body, read once for each configuration, because reading the options copies all of them.</summary>
    private long MostOf(CallSnapshot snapshot)
    {
        if (_most is not { } read || read.Generation != snapshot.Generation)
            _most = read = new(snapshot.Generation, engine.Options.Refinement.MaxBody);
        return read.Bytes;
    }

    private static CallException TooLarge(long most) => new(
        CallErrorKind.RequestTooLarge,
        $"The request is larger than {most / 1024} KB; send fewer or smaller samples, or raise refinement.max_body.");

    private static async Task WriteAsync(HttpContext http, SchemaRefinementResult result)
    {
        var body = new ArrayBufferWriter<byte>(4096);
        await using (var json = new Utf8JsonWriter(body, s_readable))
            result.WriteTo(json);
        http.Response.Headers[ResponseHeaders.RequestId] = RequestIds.Of(http);
        http.Response.Headers.CacheControl = "no-store";
        http.Response.ContentType = "application/json";
        http.Response.ContentLength = body.WrittenCount;
        await http.Response.BodyWriter.WriteAsync(body.WrittenMemory, http.RequestAborted);
    }

    private async Task StreamAsync(HttpContext http, SchemaRefinementRequest request, RefinementContext context)
    {
        await foreach (var chunk in refinement.RefineSchemaStreamAsync(request, context, http.RequestAborted))
        {
            if (!http.Response.HasStarted)
            {
                http.Response.Headers[ResponseHeaders.RequestId] = RequestIds.Of(http);
                http.Response.ContentType = "text/event-stream";
                ResponseHeaders.WriteStreaming(http.Response.Headers);
            }

            await SendAsync(http, chunk.WriteTo);
        }
    }

    private static async Task SendAsync(HttpContext http, Action<Utf8JsonWriter> write)
    {
        var data = new ArrayBufferWriter<byte>(512);
        data.Write("data: "u8);
        await using (var json = new Utf8JsonWriter(data, s_readable))
            write(json);
        data.Write("\n\n"u8);
        await http.Response.BodyWriter.WriteAsync(data.WrittenMemory, http.RequestAborted);
    }

    /// <summary>Problem details; in a stream that has begun, its last event.</summary>
    private async Task RefuseAsync(HttpContext http, CallError error)
    {
        refusals.Note(http, error);
        if (http.Response.HasStarted)
        {
            await SendAsync(http, json =>
            {
                json.WriteStartObject();
                json.WriteString("delta", "");
                json.WriteBoolean("done", true);
                json.WritePropertyName("error");
                Write(json, error, RequestIds.Of(http));
                json.WriteEndObject();
            });
            return;
        }

        ResponseHeaders.Reset(http.Response);
        http.Response.StatusCode = error.Status;
        http.Response.ContentType = "application/problem+json";
        http.Response.Headers[ResponseHeaders.RequestId] = RequestIds.Of(http);
        http.Response.Headers.CacheControl = "no-store";
        if (error.RetryAfter is { } wait)
            http.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(System.Globalization.CultureInfo.InvariantCulture);
        var body = new ArrayBufferWriter<byte>(512);
        await using (var json = new Utf8JsonWriter(body, s_readable))
            Write(json, error, RequestIds.Of(http));
        http.Response.ContentLength = body.WrittenCount;
        await http.Response.BodyWriter.WriteAsync(body.WrittenMemory, http.RequestAborted);
    }

    private static void Write(Utf8JsonWriter json, CallError error, string requestId)
    {
        json.WriteStartObject();
        json.WriteString("type", "about:blank");
        json.WriteString("title", ReasonPhrases.GetReasonPhrase(error.Status));
        json.WriteNumber("status", error.Status);
        json.WriteString("detail", error.Message);
        json.WriteString("code", error.WireCode);
        if (error.Param is { } param)
            json.WriteString("param", param);
        if (error.Provider is { } provider)
            json.WriteString("provider", provider);
        json.WriteString("request_id", requestId);
        json.WriteEndObject();
    }

    [LoggerMessage(1, LogLevel.Error, "Refinement {RequestId} failed")]
    private partial void LogFailed(Exception cause, string requestId);

    private sealed record LargestBody(long Generation, long Bytes);
}
