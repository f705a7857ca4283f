using System.Buffers;
using System.Text;
using Microsoft.AspNetCore.Http;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Common;
using Switchyard.Dialects;
using Switchyard.Targets;

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
        // Begun already by heartbeats: what would be said in headers cannot be said any more.
        if (!http.Response.HasStarted)
        {
            ResponseHeaders.Write(http.Response.Headers, response);
            LimitAnswer.Write(http.Response.Headers, call, dialect);
        }

        return response switch
        {
            { Error: { } error } when http.Response.HasStarted => FailStreamAsync(http, call, error, dialect),
            { Error: { } error } => WriteErrorAsync(http, call.Id, error, dialect),
            ForwardedResponse forwarded => ForwardAsync(http, call, forwarded, dialect),
            AnswerResponse answer => AnswerAsync(http, call, answer, dialect),
            UpdatesResponse updates => StreamAsync(http, call, updates, dialect),
            _ => throw new InvalidOperationException($"No way to write a {response.GetType().Name}."),
        };
    }

    /// <summary>Writes a failure. Does nothing after the first byte of an answer, and for a client that left.</summary>
    public static async Task WriteErrorAsync(
        HttpContext http, string requestId, CallError error, IIngressDialect dialect, int? status = null)
    {
        if (error.Kind == CallErrorKind.Canceled || http.Response.HasStarted)
            return;
        http.Response.StatusCode = status ?? error.Status;
        http.Response.Headers[ResponseHeaders.RequestId] = requestId;
        ResponseHeaders.WriteRetryAfter(http.Response.Headers, error);
        var body = new ArrayBufferWriter<byte>(512);
        dialect.EncodeError(error, body);
        await WriteWholeAsync(http, "application/json", body.WrittenMemory);
    }

    /// <summary>Ends a stream that heartbeats have begun and that has no answer.</summary>
    private static async Task FailStreamAsync(HttpContext http, ModelCall call, CallError error, IIngressDialect dialect)
    {
        if (error.Kind == CallErrorKind.Canceled)
            return;
        call.Commit();
        dialect.CreateStreamEncoder(ContextFor(call)).Fail(error, http.Response.BodyWriter);
        (await SlowClient.AwaitAsync(http.Response.BodyWriter.FlushAsync(call.Aborted), null, http, call))?.Dispose();
    }

    private static async Task ForwardAsync(HttpContext http, ModelCall call, ForwardedResponse forwarded, IIngressDialect dialect)
    {
        if (!http.Response.HasStarted)
        {
            http.Response.StatusCode = forwarded.Status;
            // The server refuses what is not ASCII, after all else has gone well.
            http.Response.ContentType = HeaderText.Clean(forwarded.ContentType);
            http.Response.ContentLength = forwarded.ContentLength;
            if (forwarded.IsStream)
                ResponseHeaders.WriteStreaming(http.Response.Headers);
        }

        call.Commit();

        // BodyWriter rather than Body: one layer less to the socket, and a write flushes.
        var writer = http.Response.BodyWriter;
        SlowClient? slow = null;
        try
        {
            while (await forwarded.ReadAsync() is { IsEmpty: false } bytes)
                slow = await SlowClient.AwaitAsync(writer.WriteAsync(bytes, call.Aborted), slow, http, call);
        }
        finally
        {
            slow?.Dispose();
        }

        if (forwarded is { Error: { } error, ErrorWasSent: false })
            await BreakOffAsync(http, call, error, forwarded.IsStream, dialect);
    }

    private static async Task AnswerAsync(HttpContext http, ModelCall call, AnswerResponse answer, IIngressDialect dialect)
    {
        using var body = new PooledWriter();
        var context = ContextFor(call);
        var known = context.Losses.Fields.Count;
        dialect.EncodeAnswer(answer.Answer, context, body);
        if (Refusal(call, context.Losses, known, dialect) is { } refusal)
        {
            answer.Refuse(refusal);
            await WriteErrorAsync(http, call.Id, refusal, dialect);
            return;
        }

        if (call.Attempt is { } attempt)
            ResponseHeaders.WriteLosses(http.Response.Headers, attempt);
        call.Commit();
        await WriteWholeAsync(http, "application/json", body.Written, call);
    }

    private static async Task StreamAsync(HttpContext http, ModelCall call, UpdatesResponse updates, IIngressDialect dialect)
    {
        var context = ContextFor(call) with { HeadersAreSent = http.Response.HasStarted };
        if (!http.Response.HasStarted)
        {
            http.Response.ContentType = dialect.StreamContentTypeFor(context);
            ResponseHeaders.WriteStreaming(http.Response.Headers);
        }

        call.Commit();

        var writer = http.Response.BodyWriter;
        var encoder = dialect.CreateStreamEncoder(context);
        var known = context.Losses.Fields.Count;
        var answering = call.Attempt;
        SlowClient? slow = null;
        try
        {
            while (await updates.ReadAsync() is { } update)
            {
                if (call.Attempt is { } attempt && attempt != answering)
                    SayContinued(answering = attempt, dialect, context, writer);
                encoder.Encode(update, writer);
                if (writer.UnflushedBytes > 0)
                    slow = await SlowClient.AwaitAsync(writer.FlushAsync(call.Aborted), slow, http, call);
            }

            if (updates.Error is { Kind: CallErrorKind.Canceled })
                return;
            if (updates.Error is null && Refusal(call, context.Losses, known, dialect) is { } refusal)
                updates.Refuse(refusal);
            if (updates.Error is { } error)
                encoder.Fail(error, writer);
            else
                encoder.Complete(writer);
            slow = await SlowClient.AwaitAsync(writer.FlushAsync(call.Aborted), slow, http, call);
        }
        finally
        {
            slow?.Dispose();
        }
    }

    /// <summary>Says in a comment, where the format's clients ignore those, that another target goes on with the stream.</summary>
    private static void SayContinued(Attempt attempt, IIngressDialect dialect, AnswerContext context, IBufferWriter<byte> output)
    {
        if (!dialect.HeartbeatFor(context).IsEmpty)
            output.Write(Encoding.UTF8.GetBytes($": switchyard-continued {HeaderText.Clean($"{attempt.Deployment}")}\n"));
    }

    /// <summary>
    /// The error in strict mode for an answer that the client's format cannot hold. A stream ends with it rather than breaking off at the
    /// first loss: what the provider counts then is known, and it would be billed anyway.
    /// </summary>
    private static CallError? Refusal(ModelCall call, LossReport losses, int known, IIngressDialect dialect)
    {
        if (!call.Strict || losses.Fields.Count == known)
            return null;
        var lost = losses.Fields.Skip(known);
        return new CallError(
            CallErrorKind.InvalidRequest,
            $"The answer holds {string.Join(", ", lost)}, which an answer in the format {dialect.Id} has no place for. "
                + "Turn strict off, or ask in a format that can hold it.");
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
        else
        {
            // A truncated body cannot be completed: in HTTP, closing the connection is what marks it as incomplete.
            http.Abort();
        }
    }

    /// <param name="http">The client's request.</param>
    /// <param name="contentType">The content type.</param>
    /// <param name="body">The body.</param>
    /// <param name="call">The call, whose clocks limit how long a slow client is waited for; null for an error, which is short.</param>
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

    private static AnswerContext ContextFor(ModelCall call) => new()
    {
        Operation = call.Envelope.Operation,
        Model = call.Attempt?.Deployment.Model ?? call.Envelope.Model,
        Created = call.Time.GetUtcNow() - call.Elapsed,
        IncludeUsage = call.Envelope.IncludeUsage,
        Provider = call.Attempt?.Deployment.Provider ?? "",
        RequestId = call.Id,
        Losses = call.Attempt?.Losses ?? new(),
        AnswerForm = call.Envelope.AnswerForm,
        Request = call.Body.GetCanonical(),
        Base64Embeddings = call.Envelope.Operation == CallOperation.Embedding
            && call.Body.GetCanonical() is CanonicalEmbeddingRequest { Base64: true },
    };
}
