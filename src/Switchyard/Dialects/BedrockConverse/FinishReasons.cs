using Microsoft.Extensions.AI;
using Switchyard.Calls;

namespace Switchyard.Dialects.BedrockConverse;

/// <summary>Maps <c>stopReason</c> to canonical finish reasons.</summary>
internal static class FinishReasons
{
    /// <summary>Reads a wire value; an unknown word counts as <c>stop</c>, because the model did finish.</summary>
    public static ChatFinishReason Read(string? wire, bool hasToolCalls) => wire switch
    {
        "max_tokens" or "model_context_window_exceeded" => ChatFinishReason.Length,
        "guardrail_intervened" or "content_filtered" => ChatFinishReason.ContentFilter,
        "tool_use" => ChatFinishReason.ToolCalls,
        _ => hasToolCalls ? ChatFinishReason.ToolCalls : ChatFinishReason.Stop,
    };

    /// <summary>Whether the canonical reason says all that the word does, so that the word need not be kept.</summary>
    public static bool IsLossless(string? wire) =>
        wire is null or "" or "end_turn" or "stop_sequence" or "max_tokens" or "tool_use" or "content_filtered";

    /// <summary>The error for <c>malformed_model_output</c> and <c>malformed_tool_use</c>; null for any other word.</summary>
    public static CallError? ErrorOf(string? wire) => wire switch
    {
        "malformed_model_output" => new(CallErrorKind.UpstreamUnavailable, "The model's output was malformed. Try again."),
        "malformed_tool_use" => new(CallErrorKind.UpstreamUnavailable, "The model called a tool in a malformed way. Try again."),
        _ => null,
    };
}
