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

    /// <summary>The sample with its placeholders filled in.</summary>
    public TextSample With(params ReadOnlySpan<(string Placeholder, string Text)> filled)
    {
        var text = Text;
        foreach (var (placeholder, with) in filled)
            text = text.Replace(placeholder, with, StringComparison.Ordinal);
        return this with { Text = text };
    }
}
