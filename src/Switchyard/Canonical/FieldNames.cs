namespace Switchyard.Canonical;

/// <summary>
/// The names under which a plain value on a tool, a message or a part of one is a field of the request. Hosts and libraries attach values
/// to these for their own use, so only a name that some dialect reads there counts. Options are there to be sent, whatever their names.
/// </summary>
internal static class FieldNames
{
    /// <summary>Before the name of a member that stands beside a tool's <c>function</c>.</summary>
    private const string BesideFunction = "tool:";

    private static readonly Dictionary<string, string> s_ofTool = new(StringComparer.OrdinalIgnoreCase)
    {
        [CanonicalKeys.StrictArguments] = CanonicalKeys.StrictArguments,
        // As Microsoft.Extensions.AI's own clients call it.
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

    /// <summary>The field of the options: any name is one.</summary>
    public static string? OfOptions(string key) => key;

    /// <summary>The field of a tool, by the name dialects know it by; null where none does.</summary>
    public static string? OfTool(string key) =>
        s_ofTool.TryGetValue(key, out var field) ? field
        : key.StartsWith(BesideFunction, StringComparison.Ordinal) || IsPrefixed(key) ? key
        : null;

    /// <summary>The field of a message; null where no dialect knows it.</summary>
    public static string? OfMessage(string key) => s_ofMessage.Contains(key) || IsPrefixed(key) ? key : null;

    /// <summary>The field of a part of a message, a tool call and its result among them; null where no dialect knows it.</summary>
    public static string? OfPart(string key) => s_ofPart.Contains(key) || IsPrefixed(key) ? key : null;

    private static bool IsPrefixed(string key) =>
        key.Contains(':', StringComparison.Ordinal)
        && Array.Exists(s_prefixes, prefix => key.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));
}
