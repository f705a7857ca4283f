using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Dialects.Shared;

namespace Switchyard.Dialects.Cohere;

/// <summary>Maps finish reasons; <c>ERROR</c> and <c>TIMEOUT</c> are failures.</summary>
internal static class FinishReasons
{
    /// <summary>Reads a wire value; an unknown word counts as <c>stop</c>, because the model did finish.</summary>
    public static ChatFinishReason Read(string? wire, bool hasToolCalls) => wire switch
    {
        "MAX_TOKENS" or "ERROR_LIMIT" => ChatFinishReason.Length,
        "ERROR_TOXIC" => ChatFinishReason.ContentFilter,
        _ => hasToolCalls ? ChatFinishReason.ToolCalls : ChatFinishReason.Stop,
    };

    /// <summary>Whether the canonical reason says all that the word does, so that the word need not be kept.</summary>
    public static bool IsLossless(string? wire) => wire is null or "" or "COMPLETE" or "MAX_TOKENS" or "TOOL_CALL";

    /// <summary>The error for <c>ERROR</c> and <c>TIMEOUT</c>; null for any other word.</summary>
    /// <param name="wire">The word.</param>
    /// <param name="said">The provider's message, if it sent one.</param>
    public static CallError? ErrorOf(string? wire, string? said) => wire switch
    {
        "ERROR" => UpstreamErrors.Of(502, provider: null, said ?? "The provider stopped with an error."),
        "TIMEOUT" => UpstreamErrors.Of(504, provider: null, said ?? "The provider ran out of time."),
        _ => null,
    };
}
