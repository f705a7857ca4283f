namespace Switchyard.Providers.Mock;

/// <summary>
/// The mock's token count: a quarter of the characters (UTF-16 units), rounded up, at least 1. An estimate that is the same on every
/// machine, not the count of a real tokenizer.
/// </summary>
internal static class MockTokens
{
    /// <summary>Characters per token.</summary>
    public const int CharactersPerToken = 4;

    /// <summary>The tokens of a text.</summary>
    public static int Count(string? text) => Math.Max(1, ((text?.Length ?? 0) + CharactersPerToken - 1) / CharactersPerToken);

    /// <summary>A text cut to a number of tokens, never inside a surrogate pair; the same instance if it fits.</summary>
    public static string Cut(string text, int tokens)
    {
        ArgumentNullException.ThrowIfNull(text);
        var length = (int)Math.Min(text.Length, Math.Max(0, (long)tokens) * CharactersPerToken);
        if (length == text.Length)
            return text;
        return text[..(length > 0 && char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)];
    }
}
