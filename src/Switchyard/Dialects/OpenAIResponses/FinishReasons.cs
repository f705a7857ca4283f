using Microsoft.Extensions.AI;

namespace Switchyard.Dialects.OpenAIResponses;

/// <summary>Maps <c>status</c> and <c>incomplete_details.reason</c>, which this format has in place of finish reasons.</summary>
internal static class FinishReasons
{
    /// <summary>Reads a status; null while the answer is not finished.</summary>
    /// <param name="status">The answer's status; empty counts as completed.</param>
    /// <param name="reason">Why it is incomplete.</param>
    /// <param name="hasToolCalls">Whether it calls a tool of the client's.</param>
    public static ChatFinishReason? Read(string? status, string? reason, bool hasToolCalls) => (status, reason) switch
    {
        ("incomplete", "content_filter") => ChatFinishReason.ContentFilter,
        // "max_output_tokens", the only other reason, and the likeliest meaning of an unknown one.
        ("incomplete", _) => ChatFinishReason.Length,
        ("in_progress" or "queued", _) => null,
        _ => hasToolCalls ? ChatFinishReason.ToolCalls : ChatFinishReason.Stop,
    };

    /// <summary>Whether the canonical reason expresses all that the word does, so that the word need not be kept.</summary>
    public static bool IsLossless(string? reason) => reason is null or "max_output_tokens" or "content_filter";

    /// <summary>Why an answer with this finish reason is incomplete; null if it is complete.</summary>
    public static string? WriteIncomplete(ChatFinishReason? reason) => reason?.Value switch
    {
        "length" => "max_output_tokens",
        "content_filter" => "content_filter",
        _ => null,
    };
}
