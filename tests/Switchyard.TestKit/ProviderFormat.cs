using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Switchyard.TestKit;

/// <summary>
/// The answers of a provider in one wire format, for tests of failures: a whole answer, a stream in frames, an error. Every answer is
/// "Hi there" with 9 input and 2 output tokens.
/// </summary>
/// <param name="Dialect">The format.</param>
/// <param name="StreamType">The content type of a stream.</param>
/// <param name="Whole">A whole answer.</param>
/// <param name="Frames">A stream, frame by frame.</param>
/// <param name="Said">The number of frames up to and including the one with "Hi".</param>
/// <param name="ErrorBody">The body of an error with this message.</param>
/// <param name="ErrorFrame">The frame of an error with this message in a stream.</param>
public sealed record ProviderFormat(
    string Dialect, string StreamType, string Whole, byte[][] Frames, int Said, Func<string, string> ErrorBody,
    Func<string, byte[]> ErrorFrame)
{
    /// <summary>All formats.</summary>
    public static readonly IReadOnlyList<ProviderFormat> All =
    [
        new(
            "openai-chat", "text/event-stream",
            """{"id":"chatcmpl-1","object":"chat.completion","created":1790000000,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Hi there"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11}}""",
            [.. Some.ChatStream(usage: true).Select(Encoding.UTF8.GetBytes)], 2,
            text => $$$"""{"error":{"message":{{{Quoted(text)}}},"type":"server_error","param":null,"code":null}}""",
            text => Data($$$"""{"error":{"message":{{{Quoted(text)}}},"type":"server_error","param":null,"code":null}}""")),
        new(
            "anthropic-messages", "text/event-stream",
            """{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"Hi there"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":9,"output_tokens":2}}""",
            [
                Event("""{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":9,"output_tokens":1}}}"""),
                Event("""{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"""),
                Event("""{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}}"""),
                Event("""{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" there"}}"""),
                Event("""{"type":"content_block_stop","index":0}"""),
                Event("""{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":2}}"""),
                Event("""{"type":"message_stop"}"""),
            ], 3,
            text => $$$"""{"type":"error","error":{"type":"overloaded_error","message":{{{Quoted(text)}}}}}""",
            text => Event($$$"""{"type":"error","error":{"type":"overloaded_error","message":{{{Quoted(text)}}}}}""")),
        new(
            "gemini", "text/event-stream",
            """{"candidates":[{"content":{"parts":[{"text":"Hi there"}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":2,"totalTokenCount":11},"modelVersion":"m","responseId":"r"}""",
            [
                Data("""{"candidates":[{"content":{"parts":[{"text":"Hi"}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":9,"totalTokenCount":9},"modelVersion":"m","responseId":"r"}""", "\r\n"),
                Data("""{"candidates":[{"content":{"parts":[{"text":" there"}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":2,"totalTokenCount":11},"modelVersion":"m","responseId":"r"}""", "\r\n"),
            ], 1,
            text => $$$"""{"error":{"code":503,"message":{{{Quoted(text)}}},"status":"UNAVAILABLE"}}""",
            text => Data($$$"""{"error":{"code":503,"message":{{{Quoted(text)}}},"status":"UNAVAILABLE"}}""", "\r\n")),
        new(
            "openai-responses", "text/event-stream",
            """{"id":"resp_1","object":"response","created_at":1790000000,"status":"completed","model":"m","output":[{"id":"msg_1","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","text":"Hi there","annotations":[]}]}],"usage":{"input_tokens":9,"output_tokens":2,"total_tokens":11}}""",
            [
                Event("""{"type":"response.created","sequence_number":0,"response":{"id":"resp_1","object":"response","created_at":1790000000,"status":"in_progress","model":"m","output":[],"usage":null}}"""),
                Event("""{"type":"response.output_item.added","sequence_number":1,"output_index":0,"item":{"id":"msg_1","type":"message","role":"assistant","content":[]}}"""),
                Event("""{"type":"response.output_text.delta","sequence_number":2,"item_id":"msg_1","output_index":0,"content_index":0,"delta":"Hi"}"""),
                Event("""{"type":"response.output_text.delta","sequence_number":3,"item_id":"msg_1","output_index":0,"content_index":0,"delta":" there"}"""),
                Event("""{"type":"response.completed","sequence_number":4,"response":{"id":"resp_1","object":"response","created_at":1790000000,"status":"completed","model":"m","output":[],"usage":{"input_tokens":9,"output_tokens":2,"total_tokens":11}}}"""),
            ], 3,
            text => $$$"""{"error":{"message":{{{Quoted(text)}}},"type":"server_error","param":null,"code":null}}""",
            text => Event($$"""{"type":"error","sequence_number":3,"code":"server_error","message":{{Quoted(text)}},"param":null}""")),
        new(
            "ollama", "application/x-ndjson",
            """{"model":"m","created_at":"2026-08-07T06:08:09Z","message":{"role":"assistant","content":"Hi there"},"done":true,"done_reason":"stop","prompt_eval_count":9,"eval_count":2}""",
            [
                Line("""{"model":"m","created_at":"2026-08-07T06:08:09Z","message":{"role":"assistant","content":"Hi"},"done":false}"""),
                Line("""{"model":"m","created_at":"2026-08-07T06:08:09Z","message":{"role":"assistant","content":" there"},"done":false}"""),
                Line("""{"model":"m","created_at":"2026-08-07T06:08:09Z","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","prompt_eval_count":9,"eval_count":2}"""),
            ], 1,
            text => $$"""{"error":{{Quoted(text)}}}""",
            text => Line($$"""{"error":{{Quoted(text)}}}""")),
        new(
            "cohere", "text/event-stream",
            """{"id":"a1","message":{"role":"assistant","content":[{"type":"text","text":"Hi there"}]},"finish_reason":"COMPLETE","usage":{"billed_units":{"input_tokens":9,"output_tokens":2}}}""",
            [
                Event("""{"id":"a1","type":"message-start","delta":{"message":{"role":"assistant"}}}"""),
                Event("""{"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"Hi"}}}}"""),
                Event("""{"type":"content-delta","index":0,"delta":{"message":{"content":{"text":" there"}}}}"""),
                Event("""{"type":"message-end","delta":{"finish_reason":"COMPLETE","usage":{"billed_units":{"input_tokens":9,"output_tokens":2}}}}"""),
                Data("[DONE]"),
            ], 2,
            text => $$"""{"message":{{Quoted(text)}}}""",
            text => Event($$$"""{"type":"message-end","delta":{"finish_reason":"ERROR","error":{{{Quoted(text)}}}}}""")),
        new(
            "bedrock-converse", "application/vnd.amazon.eventstream",
            """{"output":{"message":{"role":"assistant","content":[{"text":"Hi there"}]}},"stopReason":"end_turn","usage":{"inputTokens":9,"outputTokens":2,"totalTokens":11}}""",
            [
                Message("event", "messageStart", """{"role":"assistant"}"""),
                Message("event", "contentBlockDelta", """{"contentBlockIndex":0,"delta":{"text":"Hi"}}"""),
                Message("event", "contentBlockDelta", """{"contentBlockIndex":0,"delta":{"text":" there"}}"""),
                Message("event", "contentBlockStop", """{"contentBlockIndex":0}"""),
                Message("event", "messageStop", """{"stopReason":"end_turn"}"""),
                Message("event", "metadata", """{"usage":{"inputTokens":9,"outputTokens":2,"totalTokens":11}}"""),
            ], 2,
            text => $$"""{"message":{{Quoted(text)}}}""",
            text => Message("exception", "serviceUnavailableException", $$"""{"message":{{Quoted(text)}}}""")),
    ];

    /// <summary>The names of all formats.</summary>
    public static IEnumerable<string> Names => All.Select(format => format.Dialect);

    /// <summary>The format of this name.</summary>
    public static ProviderFormat Of(string dialect) => All.Single(format => format.Dialect == dialect);

    /// <summary>All frames, joined.</summary>
    public byte[] Stream => [.. Frames.SelectMany(frame => frame)];

    /// <summary>The frames up to and including the one with "Hi", joined.</summary>
    public byte[] Beginning => [.. Frames[..Said].SelectMany(frame => frame)];

    /// <summary>Whether a request asked for a stream.</summary>
    public static bool AsksForStream(SeenRequest seen)
    {
        ArgumentNullException.ThrowIfNull(seen);
        return seen.Path.Contains("treamGenerate", StringComparison.Ordinal)
            || seen.Path.EndsWith("converse-stream", StringComparison.Ordinal)
            || (
                JsonElement.Parse(seen.Body) is { ValueKind: JsonValueKind.Object } body && body.TryGetProperty("stream", out var stream)
                    && stream.ValueKind == JsonValueKind.True);
    }

    /// <summary>Sends one piece of a stream.</summary>
    public async Task SendAsync(HttpContext http, ReadOnlyMemory<byte> piece)
    {
        ArgumentNullException.ThrowIfNull(http);
        if (!http.Response.HasStarted)
            http.Response.ContentType = StreamType;
        await http.Response.Body.WriteAsync(piece);
        await http.Response.Body.FlushAsync();
    }

    /// <inheritdoc/>
    public override string ToString() => Dialect;

    private static string Quoted(string text) => JsonSerializer.Serialize(text);

    private static byte[] Line(string json) => Encoding.UTF8.GetBytes(json + "\n");

    private static byte[] Data(string json, string end = "\n") => Encoding.UTF8.GetBytes($"data: {json}{end}{end}");

    private static byte[] Event(string json) =>
        Encoding.UTF8.GetBytes($"event: {JsonElement.Parse(json).GetProperty("type").GetString()}\ndata: {json}\n\n");

    /// <summary>A message of an event stream, as Amazon frames them.</summary>
    public static byte[] Message(string kind, string name, string payload)
    {
        var headers = new List<byte>();
        foreach (var (key, value) in new[] { ($":{kind}-type", name), (":content-type", "application/json"), (":message-type", kind) })
            headers.AddRange(
                [(byte)key.Length, .. Encoding.UTF8.GetBytes(key), 7, 0, (byte)value.Length, .. Encoding.UTF8.GetBytes(value)]);
        var body = Encoding.UTF8.GetBytes(payload);
        var message = new byte[12 + headers.Count + body.Length + 4];
        BinaryPrimitives.WriteInt32BigEndian(message, message.Length);
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(4), headers.Count);
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(8), Checksum(message.AsSpan(0, 8)));
        headers.CopyTo(message, 12);
        body.CopyTo(message, 12 + headers.Count);
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(message.Length - 4), Checksum(message.AsSpan(0, message.Length - 4)));
        return message;
    }

    /// <summary>Computed bit by bit, so that it shares nothing with the code under test.</summary>
    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc >> 1) ^ ((crc & 1) == 0 ? 0 : 0xEDB88320);
        }

        return ~crc;
    }
}
