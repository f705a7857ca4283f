using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Dialects.Shared;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.Gemini;

/// <summary>
/// The finish reasons of this format. New ones appear without notice, so an unknown word counts as <c>stop</c> and is kept.
/// </summary>
internal static class FinishReasons
{
    /// <summary>The words by number: Vertex AI writes numbers for clients that ask for them.</summary>
    private static readonly string[] Numbered =
    [
        "FINISH_REASON_UNSPECIFIED", "STOP", "MAX_TOKENS", "SAFETY", "RECITATION", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII",
        "MALFORMED_FUNCTION_CALL", "MODEL_ARMOR",
    ];

    /// <summary>The words of this format that have no number.</summary>
    private static readonly string[] Others =
    [
        "LANGUAGE", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS", "IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION",
        "IMAGE_OTHER", "NO_IMAGE", "MALFORMED_RESPONSE", "MISSING_THOUGHT_SIGNATURE", "CONTINUATION",
    ];

    /// <summary>The reason's word; null if the candidate has not finished.</summary>
    public static string? Word(JsonElement? wire) => wire switch
    {
        { ValueKind: JsonValueKind.String } text => Specified(text.GetString()!),
        { ValueKind: JsonValueKind.Number } number => WireJson.WholeNumber(number) switch
        {
            null or 0 => null,
            > 0 and <= 10 and var at => Numbered[(int)at],
            { } other => other.ToString(System.Globalization.CultureInfo.InvariantCulture),
        },
        _ => null,
    };

    /// <summary>Whether the canonical reason expresses all that the word does, so that the word need not be kept.</summary>
    public static bool IsLossless(string word) => word is "STOP" or "MAX_TOKENS";

    /// <summary>The canonical reason. In this format an answer with function calls ends with <c>STOP</c>.</summary>
    public static ChatFinishReason Read(string? word, bool hasCalls) => word switch
    {
        // CONTINUATION: the client sends the request again, with the candidate's continuationToken, for the rest.
        "MAX_TOKENS" or "CONTINUATION" => ChatFinishReason.Length,
        "SAFETY" or "RECITATION" or "BLOCKLIST" or "PROHIBITED_CONTENT" or "SPII" or "LANGUAGE" or "MODEL_ARMOR" or "JAILBREAK"
            or "IMAGE_SAFETY" or "IMAGE_PROHIBITED_CONTENT" or "IMAGE_RECITATION" => ChatFinishReason.ContentFilter,
        _ => FinishWords.Read(word, hasCalls),
    };

    /// <summary>The word of a canonical reason.</summary>
    /// <param name="reason">The reason; null counts as <c>stop</c>.</param>
    /// <param name="native">The provider's own word; it wins where it is one of this format's.</param>
    public static string Write(ChatFinishReason? reason, string? native)
    {
        if (native is not null && (Numbered.Contains(native) || Others.Contains(native)))
            return native;
        return reason?.Value switch
        {
            "length" => "MAX_TOKENS",
            "content_filter" => "SAFETY",
            _ => "STOP",
        };
    }

    /// <summary>The word; null if it says that there is no reason.</summary>
    public static string? Specified(string word) => word is "" or "FINISH_REASON_UNSPECIFIED" ? null : word;
}
