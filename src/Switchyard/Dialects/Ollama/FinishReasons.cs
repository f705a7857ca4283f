using Microsoft.Extensions.AI;

namespace Switchyard.Dialects.Ollama;

/// <summary>The words with which a generation ends.</summary>
internal static class FinishReasons
{
    /// <summary>Reads one; an answer that calls tools ends with <c>stop</c> like any other, and an unknown word is an ordinary stop.</summary>
    public static ChatFinishReason Read(string? wire, bool hasToolCalls) => wire switch
    {
        "length" => ChatFinishReason.Length,
        _ => hasToolCalls ? ChatFinishReason.ToolCalls : ChatFinishReason.Stop,
    };

    /// <summary>Whether the word says no more than its reading.</summary>
    public static bool IsLossless(string? wire) => wire is null or "" or "stop" or "length";
}
