using Microsoft.Extensions.AI;
using Switchyard.Calls;

namespace Switchyard.Dialects.Shared;

/// <summary>
/// The finish reasons that any server may use in any format: gateways and engines pass on each other's words. A dialect's
/// <c>FinishReasons</c> reads its own words first and asks here for the rest.
/// </summary>
internal static class FinishWords
{
    /// <summary>
    /// The words for an answer that a filter stopped, in any case: servers pass on those of other formats in upper or lower case.
    /// </summary>
    private static readonly HashSet<string> Filtered = new(StringComparer.OrdinalIgnoreCase)
    {
        "content_filter", "content_filtered", "sensitive", "safety", "recitation", "blocklist", "prohibited_content", "spii", "refusal",
        "guardrail_intervened",
    };

    /// <summary>
    /// The canonical reason for a word of another format. An unknown word counts as a stop, because the model did finish.
    /// </summary>
    /// <param name="wire">The word; null or empty counts as missing.</param>
    /// <param name="hasToolCalls">Whether the message calls a tool, which decides over a stop.</param>
    public static ChatFinishReason Read(string? wire, bool hasToolCalls) => wire switch
    {
        "length" or "max_tokens" or "MAX_TOKENS" or "model_length" or "model_context_window_exceeded" => ChatFinishReason.Length,
        { } word when Filtered.Contains(word) => ChatFinishReason.ContentFilter,
        _ => hasToolCalls ? ChatFinishReason.ToolCalls : ChatFinishReason.Stop,
    };

    /// <summary>The error a word means: the server failed, and what it sent is not an answer. Null for every other word.</summary>
    /// <param name="wire">The word.</param>
    /// <param name="said">The server's own message, if it sent one.</param>
    public static CallError? ErrorOf(string? wire, string? said = null) => wire switch
    {
        "error" or "ERROR" or "network_error" or "abort" =>
            UpstreamErrors.Of(502, provider: null, said ?? "The provider stopped with an error."),
        "insufficient_system_resource" => UpstreamErrors.Of(503, provider: null, said ?? "The provider ran out of resources."),
        "timeout" or "TIMEOUT" => UpstreamErrors.Of(504, provider: null, said ?? "The provider ran out of time."),
        "malformed_model_output" or "MALFORMED_RESPONSE" =>
            UpstreamErrors.Of(502, provider: null, said ?? "The model's output was malformed. Try again."),
        "malformed_tool_use" or "MALFORMED_FUNCTION_CALL" =>
            UpstreamErrors.Of(502, provider: null, said ?? "The model called a tool in a malformed way. Try again."),
        _ => null,
    };
}
