namespace Switchyard.Canonical;

/// <summary>
/// The names under which a plain value on a tool, a message or a part of one is a field of the request. Hosts and libraries attach values
/// to these for their own use, so only a name that some dialect reads there is a field. Of the options, every name is a field.
/// </summary>
internal static class FieldNames
{
    /// <summary>The prefix of a member that is a sibling of a tool's <c>function</c>.</summary>
    private const string BesideFunction = "tool:";

    private static readonly Dictionary<string, string> s_ofTool = new(StringComparer.OrdinalIgnoreCase)
    {
        [CanonicalKeys.StrictArguments] = CanonicalKeys.StrictArguments,
        // The name in Microsoft.Extensions.AI's own clients.
        ["strictJsonSchema"] = CanonicalKeys.StrictArguments,
        [CanonicalKeys.CacheControl] = CanonicalKeys.CacheControl,
    };

    private static readonly HashSet<string> s_ofMessage = new(StringComparer.Ordinal)
    {
        CanonicalKeys.CacheControl, "audio", "prefix", "reasoning_details",
    };

    private static readonly HashSet<string> s_ofPart = new(StringComparer.Ordinal) { CanonicalKeys.CacheControl, "extra_content" };

    private static readonly string[] s_prefixes =
    [
        CanonicalKeys.RawPrefix,
        .. new[]
        {
            DialectId.OpenAIChat, DialectId.OpenAIResponses, DialectId.AnthropicMessages, DialectId.Gemini, DialectId.BedrockConverse,
            DialectId.Cohere, DialectId.Ollama,
        }.Select(static dialect => CanonicalKeys.Own(dialect, "")),
    ];

    /// <summary>The field of the options: any name is a field.</summary>
    public static string? OfOptions(string key) => key;

    /// <summary>The field of a tool, by its name in the dialects; null if no dialect has it.</summary>
    public static string? OfTool(string key) =>
        s_ofTool.TryGetValue(key, out var field) ? field
        : key.StartsWith(BesideFunction, StringComparison.Ordinal) || IsPrefixed(key) ? key
        : null;

    /// <summary>The field of a message; null if no dialect has it.</summary>
    public static string? OfMessage(string key) => s_ofMessage.Contains(key) || IsPrefixed(key) ? key : null;

    /// <summary>The field of a part of a message, including a tool call and its result; null if no dialect has it.</summary>
    public static string? OfPart(string key) => s_ofPart.Contains(key) || IsPrefixed(key) ? key : null;

    private static bool IsPrefixed(string key) =>
        key.Contains(':', StringComparison.Ordinal)
        && Array.Exists(s_prefixes, prefix => key.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));
}
