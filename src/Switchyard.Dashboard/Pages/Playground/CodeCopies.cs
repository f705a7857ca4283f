using System.Text.Json;
using Switchyard.Dashboard.Parts;
using Switchyard.Dialects.Json;

namespace Switchyard.Dashboard.Pages.Playground;

/// <summary>Writes a question as code. Thread-safe.</summary>
internal sealed class CodeCopies
{
    private const string Shell = "curl";

    private readonly Lazy<IReadOnlyList<TextSample>> _samples = new(() => TextSample.Load("Pages/Playground/copies.txt"));

    /// <summary>A question as code in each language.</summary>
    public IEnumerable<TextSample> Of(string address, string model, string prompt)
    {
        var (asked, said) = (Literal(model), Literal(prompt));
        foreach (var sample in _samples.Value)
        {
            // In a shell's single quotes a single quote ends them.
            string Quoted(string text) => sample.Name == Shell ? text.Replace("'", "'\\''", StringComparison.Ordinal) : text;
            yield return sample.With(("<address>", address), ("<model>", Quoted(asked)), ("<prompt>", Quoted(said)));
        }
    }

    // Other JSON encoders write an emoji as two surrogate escapes, which Python reads as two characters that cannot be sent. The characters
    // replaced below end a line in C#.
    private static string Literal(string text) => $"\"{JsonEncodedText.Encode(text, WireTextEncoder.Instance)}\""
        .Replace("\u0085", "\\u0085", StringComparison.Ordinal)
        .Replace("\u2028", "\\u2028", StringComparison.Ordinal)
        .Replace("\u2029", "\\u2029", StringComparison.Ordinal);
}
