using Microsoft.Extensions.AI;
using Switchyard.Dialects.Shared;

namespace Switchyard.Dialects.Ollama;

/// <summary>Maps <c>done_reason</c> to canonical finish reasons.</summary>
internal static class FinishReasons
{
    /// <summary>
    /// Reads a wire value; an answer with tool calls ends with <c>stop</c> like any other, and an unknown word counts as <c>stop</c>.
    /// </summary>
    public static ChatFinishReason Read(string? wire, bool hasToolCalls) => wire switch
    {
        "length" => ChatFinishReason.Length,
        _ => FinishWords.Read(wire, hasToolCalls),
    };

    /// <summary>Whether the canonical reason expresses all that the word does, so that the word need not be kept.</summary>
    public static bool IsLossless(string? wire) => wire is null or "" or "stop" or "length";
}
