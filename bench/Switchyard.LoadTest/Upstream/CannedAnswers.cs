using System.Text.Json;

namespace Switchyard.LoadTest.Upstream;

/// <summary>All answers of the upstream as bytes created once: the cost of an answer must not depend on its content.</summary>
internal static class CannedAnswers
{
    /// <summary>Found in every answer that came from this upstream, whole or streamed.</summary>
    public const string Marker = "chatcmpl-bench";

    /// <summary>Frames of a stream besides its content frames: the finish reason and <c>[DONE]</c>.</summary>
    public const int EndFrames = 2;

    private const long Created = 1760000000;

    private const string Words =
        "A switchyard is where lines meet and every wagon is sent on to the track it was meant for. ";

    /// <summary>About 0.8 KB, like a short answer of a chat model.</summary>
    public static readonly byte[] Completion = JsonSerializer.SerializeToUtf8Bytes(new
    {
        id = Marker,
        @object = "chat.completion",
        created = Created,
        model = "bench",
        system_fingerprint = "fp_bench",
        choices = new[]
        {
            new
            {
                index = 0,
                message = new { role = "assistant", content = string.Concat(Enumerable.Repeat(Words, 4)), refusal = (string?)null },
                logprobs = (string?)null,
                finish_reason = "stop",
            },
        },
        usage = new
        {
            prompt_tokens = 96,
            completion_tokens = 84,
            total_tokens = 180,
            prompt_tokens_details = new { cached_tokens = 0 },
            completion_tokens_details = new { reasoning_tokens = 0 },
        },
    });

    public static readonly byte[] Models = JsonSerializer.SerializeToUtf8Bytes(new
    {
        @object = "list",
        data = new[] { new { id = "bench", @object = "model", created = Created, owned_by = "bench" } },
    });

    public static readonly byte[] FirstFrame = Frame(new { role = "assistant", content = "A" });

    public static readonly byte[] NextFrame = Frame(new { content = " wagon" });

    public static readonly byte[] End = [.. Frame(new { }, "stop"), .. "data: [DONE]\n\n"u8];

    /// <summary>The end for a caller that asked for <c>stream_options.include_usage</c>.</summary>
    public static readonly byte[] EndWithUsage = [.. Frame(new { }, "stop"), .. UsageFrame(), .. "data: [DONE]\n\n"u8];

    public static readonly CannedSet All = new(Completion, FirstFrame, NextFrame, End, EndWithUsage);

    private static byte[] Frame(object delta, string? finish_reason = null) =>
        Chunk([new { index = 0, delta, logprobs = (string?)null, finish_reason }], usage: null);

    private static byte[] UsageFrame() =>
        Chunk([], new { prompt_tokens = 96, completion_tokens = 50, total_tokens = 146 });

    private static byte[] Chunk(object[] choices, object? usage)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(new
        {
            id = Marker,
            @object = "chat.completion.chunk",
            created = Created,
            model = "bench",
            system_fingerprint = "fp_bench",
            choices,
            usage,
        });
        return [.. "data: "u8, .. json, .. "\n\n"u8];
    }
}
