using Microsoft.Extensions.AI;
using Switchyard.Dialects.Shared;

namespace Switchyard.Dialects.BedrockConverse;

/// <summary>Maps <c>stopReason</c> to canonical finish reasons.</summary>
internal static class FinishReasons
{
    /// <summary>Reads a wire value; an unknown word counts as <c>stop</c>, because the model did finish.</summary>
    public static ChatFinishReason Read(string? wire, bool hasToolCalls) => wire switch
    {
        "max_tokens" or "model_context_window_exceeded" => ChatFinishReason.Length,
        "guardrail_intervened" or "content_filtered" => ChatFinishReason.ContentFilter,
        _ => FinishWords.Read(wire, hasToolCalls),
    };

    /// <summary>Whether the canonical reason expresses all that the word does, so that the word need not be kept.</summary>
    public static bool IsLossless(string? wire) =>
        wire is null or "" or "end_turn" or "stop_sequence" or "max_tokens" or "tool_use" or "content_filtered";
}
