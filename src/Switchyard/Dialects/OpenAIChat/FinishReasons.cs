using Microsoft.Extensions.AI;
using Switchyard.Dialects.Shared;

namespace Switchyard.Dialects.OpenAIChat;

/// <summary>The finish reasons of this format and the words vendors use instead.</summary>
internal static class FinishReasons
{
    private static readonly ChatFinishReason FunctionCall = new("function_call");

    /// <summary>Reads a wire value; an unknown word counts as <c>stop</c>, because the model did finish.</summary>
    /// <param name="wire">The value; empty counts as missing.</param>
    /// <param name="hasToolCalls">
    /// Whether the message calls a tool. It decides over <c>stop</c>, because with a forced tool choice OpenAI itself answers either
    /// <c>stop</c> or <c>tool_calls</c>, and over <c>tool_calls</c>, because a client that reads it waits for a call that is not there.
    /// </param>
    public static ChatFinishReason Read(string? wire, bool hasToolCalls) => wire switch
    {
        "length" or "max_tokens" or "model_length" => ChatFinishReason.Length,
        "content_filter" or "sensitive" or "safety" => ChatFinishReason.ContentFilter,
        "function_call" when hasToolCalls => FunctionCall,
        _ => FinishWords.Read(wire, hasToolCalls),
    };

    /// <summary>Whether the canonical reason expresses all that the word does, so that the word need not be kept.</summary>
    public static bool IsLossless(string wire) => wire is "stop" or "length" or "tool_calls" or "content_filter" or "function_call";

    /// <summary>The wire value of any reason, those of other formats included.</summary>
    public static string Write(ChatFinishReason? reason, bool hasToolCalls)
    {
        var value = reason is { } known ? known.Value : null;
        return value is null || value == "stop" || !IsLossless(value) ? Read(value, hasToolCalls).Value : value;
    }
}
