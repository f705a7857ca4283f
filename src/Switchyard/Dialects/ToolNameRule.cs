using System.Buffers;

namespace Switchyard.Dialects;

/// <summary>The tool names that a format accepts. Immutable and thread-safe.</summary>
public sealed class ToolNameRule
{
    private const string Word = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    /// <summary>Any name.</summary>
    public static readonly ToolNameRule Any = new(int.MaxValue, null);

    /// <summary>Up to 64 letters, digits, <c>-</c> and <c>_</c>: the rule of OpenAI and Bedrock.</summary>
    public static readonly ToolNameRule Word64 = new(64, Word);

    /// <summary>Up to 128 letters, digits, <c>-</c> and <c>_</c>: Anthropic's.</summary>
    public static readonly ToolNameRule Word128 = new(128, Word);

    /// <summary>Up to 128 letters, digits, <c>-</c>, <c>_</c>, <c>.</c> and <c>:</c>, a letter or <c>_</c> first: Gemini's.</summary>
    public static readonly ToolNameRule Dotted128 = new(128, Word + ".:", letterFirst: true);

    private readonly SearchValues<char>? _allowed;
    private readonly bool _letterFirst;

    private ToolNameRule(int maxLength, string? allowed, bool letterFirst = false)
    {
        MaxLength = maxLength;
        _allowed = allowed is null ? null : SearchValues.Create(allowed);
        _letterFirst = letterFirst;
    }

    /// <summary>The longest name.</summary>
    public int MaxLength { get; }

    /// <summary>Whether every name fits.</summary>
    public bool TakesAll => _allowed is null;

    /// <summary>Whether a name fits.</summary>
    public bool Fits(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return _allowed is null || (name.Length > 0 && name.Length <= MaxLength && !name.AsSpan().ContainsAnyExcept(_allowed)
            && !(_letterFirst && !char.IsAsciiLetter(name[0]) && name[0] != '_'));
    }

    /// <summary>Whether a character is allowed in a name.</summary>
    internal bool Takes(char c) => _allowed is null || _allowed.Contains(c);
}
