using System.Text.Json;

namespace Switchyard.LoadTest.Upstream;

/// <summary>The same answers in Anthropic's format, for the gateway to translate.</summary>
internal static class CannedMessages
{
    private const string Words =
        "A switchyard is where lines meet and every wagon is sent on to the track it was meant for. ";

    private static readonly object s_usage = new
    {
        input_tokens = 96, cache_creation_input_tokens = 0, cache_read_input_tokens = 0, output_tokens = 84, service_tier = "standard",
    };

    public static readonly CannedSet All = new(Whole(), First(), Next("text_delta", " wagon"), End(), End());

    private static byte[] Whole() => JsonSerializer.SerializeToUtf8Bytes(new
    {
        id = CannedAnswers.Marker,
        type = "message",
        role = "assistant",
        model = "bench",
        content = new[] { new { type = "text", text = string.Concat(Enumerable.Repeat(Words, 4)) } },
        stop_reason = "end_turn",
        stop_sequence = (string?)null,
        usage = s_usage,
    });

    private static byte[] First() =>
    [
        .. Event("message_start", new
        {
            type = "message_start",
            message = new
            {
                id = CannedAnswers.Marker,
                type = "message",
                role = "assistant",
                model = "bench",
                content = Array.Empty<object>(),
                stop_reason = (string?)null,
                stop_sequence = (string?)null,
                usage = s_usage,
            },
        }),
        .. Event("content_block_start", new { type = "content_block_start", index = 0, content_block = new { type = "text", text = "" } }),
        .. Next("text_delta", "A"),
    ];

    private static byte[] Next(string type, string text) =>
        Event("content_block_delta", new { type = "content_block_delta", index = 0, delta = new { type, text } });

    private static byte[] End() =>
    [
        .. Event("content_block_stop", new { type = "content_block_stop", index = 0 }),
        .. Event("message_delta", new
        {
            type = "message_delta", delta = new { stop_reason = "end_turn", stop_sequence = (string?)null },
            usage = new { output_tokens = 50 },
        }),
        .. Event("message_stop", new { type = "message_stop" }),
    ];

    private static byte[] Event(string name, object data) =>
        [
            .. "event: "u8, .. System.Text.Encoding.ASCII.GetBytes(name), .. "\ndata: "u8, .. JsonSerializer.SerializeToUtf8Bytes(data),
            .. "\n\n"u8,
        ];
}
