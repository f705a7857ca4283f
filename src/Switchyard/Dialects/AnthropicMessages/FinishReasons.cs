using Microsoft.Extensions.AI;
using Switchyard.Dialects.Shared;

namespace Switchyard.Dialects.AnthropicMessages;

/// <summary>The stop reasons of this format.</summary>
internal static class FinishReasons
{
    /// <summary>Reads a wire value; an unknown word counts as <c>stop</c>, because the model did finish.</summary>
    /// <param name="wire">The value.</param>
    /// <param name="hasToolCalls">
    /// Whether the message calls a tool of the client's. A call of <see cref="AnthropicKeys.AnswerTool"/> does not count, and ends as
    /// <c>stop</c>.
    /// </param>
    public static ChatFinishReason Read(string? wire, bool hasToolCalls) => wire switch
    {
        "max_tokens" or "model_context_window_exceeded" => ChatFinishReason.Length,
        "refusal" => ChatFinishReason.ContentFilter,
        _ => FinishWords.Read(wire, hasToolCalls),
    };

    /// <summary>Whether the canonical reason expresses all that the word does, so that the word need not be kept.</summary>
    public static bool IsLossless(string wire) => wire is "end_turn" or "max_tokens" or "stop_sequence" or "tool_use" or "refusal";

    /// <summary>The wire value of any reason.</summary>
    /// <param name="reason">The reason.</param>
    /// <param name="hasToolCalls">Whether the message calls a tool.</param>
    /// <param name="stopSequence">The stop sequence that ended it, if one did.</param>
    /// <param name="native">The provider's own word, written back where it is one of this format's.</param>
    public static string Write(ChatFinishReason? reason, bool hasToolCalls, string? stopSequence, string? native)
    {
        if (native is "pause_turn" or "model_context_window_exceeded" or "compaction")
            return native;
        return reason?.Value switch
        {
            "length" => "max_tokens",
            "content_filter" => "refusal",
            "tool_calls" or "function_call" => "tool_use",
            _ => hasToolCalls ? "tool_use" : stopSequence is not null ? "stop_sequence" : "end_turn",
        };
    }
}
