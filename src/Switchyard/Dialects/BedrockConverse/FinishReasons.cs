using Microsoft.Extensions.AI;
using Switchyard.Calls;

namespace Switchyard.Dialects.BedrockConverse;

/// <summary>Why an answer ended, in the canonical words.</summary>
internal static class FinishReasons
{
    /// <summary>Reads a wire value; an unknown word is an ordinary stop, for the model did finish.</summary>
    public static ChatFinishReason Read(string? wire, bool hasToolCalls) => wire switch
    {
        "max_tokens" or "model_context_window_exceeded" => ChatFinishReason.Length,
        "guardrail_intervened" or "content_filtered" => ChatFinishReason.ContentFilter,
        "tool_use" => ChatFinishReason.ToolCalls,
        _ => hasToolCalls ? ChatFinishReason.ToolCalls : ChatFinishReason.Stop,
    };

    /// <summary>Whether the canonical word says all of it.</summary>
    public static bool IsLossless(string? wire) =>
        wire is null or "" or "end_turn" or "stop_sequence" or "max_tokens" or "tool_use" or "content_filtered";

    /// <summary>The error of an answer that the model spoilt; null when it did not.</summary>
    public static CallError? ErrorOf(string? wire) => wire switch
    {
        "malformed_model_output" => new(CallErrorKind.UpstreamUnavailable, "The model's output was malformed. Try again."),
        "malformed_tool_use" => new(CallErrorKind.UpstreamUnavailable, "The model called a tool in a malformed way. Try again."),
        _ => null,
    };
}
