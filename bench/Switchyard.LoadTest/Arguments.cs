using System.Globalization;

namespace Switchyard.LoadTest;

/// <summary>
/// The words after the verb: <c>--name value</c> and <c>--flag</c>. Written by hand because the pass-through is measured from this
/// executable, and a command-line library would be part of its start and of its memory.
/// </summary>
internal sealed class Arguments
{
    private readonly Dictionary<string, string?> _given = [];

    public Arguments(ReadOnlySpan<string> words)
    {
        for (var i = 0; i < words.Length; i++)
        {
            var name = words[i];
            if (!name.StartsWith("--", StringComparison.Ordinal))
                throw new UsageException($"'{name}' is not an option; options begin with --");

            var hasValue = i + 1 < words.Length && !words[i + 1].StartsWith("--", StringComparison.Ordinal);
            if (!_given.TryAdd(name, hasValue ? words[++i] : null))
                throw new UsageException($"{name} is given twice");
        }
    }

    public bool Flag(string name)
    {
        if (!_given.Remove(name, out var value)) return false;
        return value is null ? true : throw new UsageException($"{name} takes no value");
    }

    public string? Text(string name)
    {
        if (!_given.Remove(name, out var value)) return null;
        return value ?? throw new UsageException($"{name} needs a value");
    }

    public string[]? List(string name) =>
        Text(name)?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    public int Number(string name, int fallback, int min = 0, int max = int.MaxValue)
    {
        var text = Text(name);
        if (text is null) return fallback;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max
            ? number
            : throw new UsageException($"{name} must be a whole number from {min} to {max}, not '{text}'");
    }

    /// <summary>Refuses unknown options: a misspelt one must not silently measure something else.</summary>
    public void RefuseRest()
    {
        if (_given.Count > 0) throw new UsageException($"unknown option {string.Join(", ", _given.Keys)}");
    }
}

/// <summary>A mistake in the arguments; the caller sees only its message.</summary>
internal sealed class UsageException(string message) : Exception(message);
