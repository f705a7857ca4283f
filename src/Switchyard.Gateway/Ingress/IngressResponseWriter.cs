using System.Buffers;
using Microsoft.AspNetCore.Http;
using Switchyard.Calls;
using Switchyard.Common;
using Switchyard.Dialects;

namespace Switchyard.Gateway.Ingress;

/// <summary>
/// Writes an open answer to the client: forwarded bytes unchanged, canonical answers encoded in the client's dialect, failures as that
/// dialect's error. A stream that breaks off ends in exactly one error event. It commits the call before the first byte.
/// </summary>
internal static class IngressResponseWriter
{
    public static Task WriteAsync(HttpContext http, CallResponse response, IIngressDialect dialect)
    {
        var call = response.Call;
        // Heartbeats have sent the headers already.
        if (!http.Response.HasStarted)
        {
            ResponseHeaders.Write(http.Response.Headers, response, dialect);
            LimitAnswer.Write(http.Response.Headers, call, dialect);
        }

        return response switch
        {
            { Error: { } error } when http.Response.HasStarted => FailStreamAsync(http, call, error, dialect),
            { Error: { Code: "context_length_exceeded" } error } when call.Envelope is { Stream: true, LengthErrorInStream: true } =>
                FailStreamAsync(http, call, error, dialect),
            { Error: { } error } => WriteErrorAsync(http, call.Id, error, dialect),
            ForwardedResponse forwarded => ForwardAsync(http, call, forwarded, dialect),
            AnswerResponse answer => AnswerAsync(http, call, answer, dialect),
            UpdatesResponse updates => StreamAsync(http, call, updates, dialect),
            _ => throw new InvalidOperationException($"No way to write a {response.GetType().Name}."),
        };
    }

    /// <summary>Writes a failure. Does nothing after the first byte of an answer, or if the client left.</summary>
    public static async Task WriteErrorAsync(
        HttpContext http, string requestId, CallError error, IIngressDialect dialect, int? status = null)
    {
        if (error.Kind == CallErrorKind.Canceled || http.Response.HasStarted)
            return;
        http.Response.StatusCode = status ?? error.Status;
        ResponseHeaders.WriteId(http.Response.Headers, requestId, dialect);
        ResponseHeaders.WriteRetryAfter(http.Response.Headers, error);
        var body = new ArrayBufferWriter<byte>(512);
        dialect.EncodeError(error, body);
        await WriteWholeAsync(http, "application/json", body.WrittenMemory);
    }

    /// <summary>Answers with a stream that contains only a failure; heartbeats may have begun it.</summary>
    private static async Task FailStreamAsync(HttpContext http, ModelCall call, CallError error, IIngressDialect dialect)
    {
        if (error.Kind == CallErrorKind.Canceled)
            return;
        // Without the request: one that could be forwarded may not be readable.
        var context = new AnswerContext
        {
            Operation = call.Envelope.Operation,
            Model = call.Envelope.Model,
            Created = call.Time.GetUtcNow() - call.Elapsed,
            RequestId = call.Id,
            AnswerForm = call.Envelope.AnswerForm,
        };
        if (!http.Response.HasStarted)
        {
            http.Response.ContentType = dialect.StreamContentTypeFor(context);
            ResponseHeaders.WriteStreaming(http.Response.Headers);
        }

        call.Commit();
        dialect.CreateStreamEncoder(context).Fail(error, http.Response.BodyWriter);
        (await SlowClient.AwaitAsync(http.Response.BodyWriter.FlushAsync(http.RequestAborted), null, http, call))?.Dispose();
    }

    private static async Task ForwardAsync(HttpContext http, ModelCall call, ForwardedResponse forwarded, IIngressDialect dialect)
    {
        if (!http.Response.HasStarted)
        {
            http.Response.StatusCode = forwarded.Status;
            // The server would refuse a value that is not ASCII, although the provider's answer is good.
            http.Response.ContentType = HeaderText.Clean(forwarded.ContentType);
            http.Response.ContentLength = forwarded.ContentLength;
            if (forwarded.IsStream)
                ResponseHeaders.WriteStreaming(http.Response.Headers);
            else if (!IsJson(forwarded.ContentType))
                ResponseHeaders.WriteSandbox(http.Response.Headers);
        }

        call.Commit();

        // BodyWriter rather than Body: one layer less to the socket, and a write flushes.
        var writer = http.Response.BodyWriter;
        SlowClient? slow = null;
        try
        {
            while (await forwarded.ReadAsync() is { IsEmpty: false } bytes)
                slow = await SlowClient.AwaitAsync(writer.WriteAsync(bytes, http.RequestAborted), slow, http, call);
        }
        finally
        {
            slow?.Dispose();
        }

        if (forwarded is { Error: { } error, ErrorWasSent: false })
            await BreakOffAsync(http, call, error, forwarded.IsStream, dialect);
    }

    /// <summary>Whether browsers take a type for JSON: of several they take the last, and <c>application/json+xml</c> is XML.</summary>
    private static bool IsJson(string contentType) => contentType is "application/json"
        || (contentType.StartsWith("application/json;", StringComparison.OrdinalIgnoreCase)
            && !contentType.Contains(',', StringComparison.Ordinal));

    private static async Task AnswerAsync(HttpContext http, ModelCall call, AnswerResponse answer, IIngressDialect dialect)
    {
        using var body = new PooledWriter();
        var encoder = new AnswerEncoder(call, dialect);
        if (encoder.EncodeAnswer(answer.Answer, body) is { } refusal)
        {
            answer.Refuse(refusal);
            await WriteErrorAsync(http, call.Id, refusal, dialect);
            return;
        }

        await encoder.KeepAsync();
        if (call.Attempt is { } attempt)
            ResponseHeaders.WriteLosses(http.Response.Headers, attempt);
        call.Commit();
        await WriteWholeAsync(http, "application/json", body.Written, call);
    }

    private static async Task StreamAsync(HttpContext http, ModelCall call, UpdatesResponse updates, IIngressDialect dialect)
    {
        var encoder = new AnswerEncoder(call, dialect, headersAreSent: http.Response.HasStarted);
        if (!http.Response.HasStarted)
        {
            http.Response.ContentType = encoder.StreamContentType;
            ResponseHeaders.WriteStreaming(http.Response.Headers);
        }

        call.Commit();

        var writer = http.Response.BodyWriter;
        SlowClient? slow = null;
        try
        {
            while (await updates.ReadAsync() is { } update)
            {
                encoder.Encode(update, writer);
                if (writer.UnflushedBytes > 0)
                    slow = await SlowClient.AwaitAsync(writer.FlushAsync(http.RequestAborted), slow, http, call);
            }

            if (updates.Error is { Kind: CallErrorKind.Canceled })
                return;
            encoder.End(updates, writer);
            await encoder.KeepAsync();
            slow = await SlowClient.AwaitAsync(writer.FlushAsync(http.RequestAborted), slow, http, call);
        }
        finally
        {
            slow?.Dispose();
        }
    }

    private static async Task BreakOffAsync(
        HttpContext http, ModelCall call, CallError error, bool isStream, IIngressDialect dialect)
    {
        if (error.Kind == CallErrorKind.Canceled)
            return;
        if (isStream)
        {
            dialect.EncodeStreamError(error, http.Response.BodyWriter);
            (await SlowClient.AwaitAsync(http.Response.BodyWriter.FlushAsync(http.RequestAborted), null, http, call))?.Dispose();
        }
        else if (!http.Response.HasStarted)
        {
            // Not a byte of the answer has left, so the client can get the error with its status.
            await WriteErrorAsync(http, call.Id, error, dialect);
        }
        else
        {
            // A truncated body cannot be completed: in HTTP, closing the connection is what marks it as incomplete.
            http.Abort();
        }
    }

    /// <param name="http">The client's request.</param>
    /// <param name="contentType">The content type.</param>
    /// <param name="body">The body.</param>
    /// <param name="call">The call, whose clocks limit the wait for a slow client; null for an error, which is short.</param>
    private static async Task WriteWholeAsync(
        HttpContext http, string contentType, ReadOnlyMemory<byte> body, ModelCall? call = null)
    {
        http.Response.ContentType = contentType;
        http.Response.ContentLength = body.Length;
        var write = http.Response.BodyWriter.WriteAsync(body, http.RequestAborted);
        if (call is null)
            await write;
        else
            (await SlowClient.AwaitAsync(write, null, http, call))?.Dispose();
    }
}
