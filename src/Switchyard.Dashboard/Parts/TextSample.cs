using System.Text.Json;
using Switchyard.Dialects.Json;

namespace Switchyard.Dashboard.Parts;

/// <summary>A text to be copied, with its name. Immutable.</summary>
/// <param name="Name">The client or the language it is for.</param>
/// <param name="Text">The text.</param>
internal sealed record TextSample(string Name, string Text)
{
    private const string Heading = "== ";

    /// <summary>Reads samples from a file in the assembly: each begins with a line <c>== Name</c>.</summary>
    public static IReadOnlyList<TextSample> Load(string resource)
    {
        using var reader = new StreamReader(typeof(TextSample).Assembly.GetManifestResourceStream(resource)!);
        return
        [
            .. reader.ReadToEnd().ReplaceLineEndings("\n").Split(Heading, StringSplitOptions.RemoveEmptyEntries)
                .Select(section => section.Split('\n', 2)).Select(parts => new TextSample(parts[0], parts[1].Trim('\n'))),
        ];
    }

    /// <summary>
    /// A text between double quotes, as JSON, C#, Python, JavaScript and TOML read it. Other JSON encoders write an emoji as two surrogate
    /// escapes, which Python reads as two characters that cannot be sent. The characters replaced below end a line in C#.
    /// </summary>
    public static string Quoted(string text) => JsonEncodedText.Encode(text, WireTextEncoder.Instance).ToString()
        .Replace("\u0085", "\\u0085", StringComparison.Ordinal)
        .Replace("\u2028", "\\u2028", StringComparison.Ordinal)
        .Replace("\u2029", "\\u2029", StringComparison.Ordinal);

    /// <summary>A text between the single quotes of a shell, where a single quote ends them.</summary>
    public static string InShell(string text) => text.Replace("'", "'\\''", StringComparison.Ordinal);

    /// <summary>The sample with its placeholders filled in.</summary>
    public TextSample With(params ReadOnlySpan<(string Placeholder, string Text)> filled)
    {
        var text = Text;
        foreach (var (placeholder, with) in filled)
            text = text.Replace(placeholder, with, StringComparison.Ordinal);
        return this with { Text = text };
    }
}
