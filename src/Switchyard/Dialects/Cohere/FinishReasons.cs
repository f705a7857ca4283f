using Microsoft.Extensions.AI;
using Switchyard.Dialects.Shared;

namespace Switchyard.Dialects.Cohere;

/// <summary>Maps finish reasons. <c>ERROR</c> and <c>TIMEOUT</c> are failures: see <see cref="FinishWords.ErrorOf"/>.</summary>
internal static class FinishReasons
{
    /// <summary>Reads a wire value; an unknown word counts as <c>stop</c>, because the model did finish.</summary>
    public static ChatFinishReason Read(string? wire, bool hasToolCalls) => wire switch
    {
        "MAX_TOKENS" or "ERROR_LIMIT" => ChatFinishReason.Length,
        "ERROR_TOXIC" => ChatFinishReason.ContentFilter,
        _ => FinishWords.Read(wire, hasToolCalls),
    };

    /// <summary>Whether the canonical reason expresses all that the word does, so that the word need not be kept.</summary>
    public static bool IsLossless(string? wire) => wire is null or "" or "COMPLETE" or "MAX_TOKENS" or "TOOL_CALL";
}
