using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Dialects.Shared;

namespace Switchyard.Dialects.Cohere;

/// <summary>The words with which a generation ends, two of which say that it failed.</summary>
internal static class FinishReasons
{
    /// <summary>Reads one; an unknown word is an ordinary stop, for the model did finish.</summary>
    public static ChatFinishReason Read(string? wire, bool hasToolCalls) => wire switch
    {
        "MAX_TOKENS" or "ERROR_LIMIT" => ChatFinishReason.Length,
        "ERROR_TOXIC" => ChatFinishReason.ContentFilter,
        _ => hasToolCalls ? ChatFinishReason.ToolCalls : ChatFinishReason.Stop,
    };

    /// <summary>Whether the word says no more than its reading.</summary>
    public static bool IsLossless(string? wire) => wire is null or "" or "COMPLETE" or "MAX_TOKENS" or "TOOL_CALL";

    /// <summary>The failure a word stands for; null for an ordinary end.</summary>
    /// <param name="wire">The word.</param>
    /// <param name="said">What the provider said of it, if anything.</param>
    public static CallError? ErrorOf(string? wire, string? said) => wire switch
    {
        "ERROR" => UpstreamErrors.Of(502, provider: null, said ?? "The provider stopped with an error."),
        "TIMEOUT" => UpstreamErrors.Of(504, provider: null, said ?? "The provider ran out of time."),
        _ => null,
    };
}
