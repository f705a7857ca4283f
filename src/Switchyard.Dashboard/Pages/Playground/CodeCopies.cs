using System.Text.Json;
using Switchyard.Dashboard.Parts;
using Switchyard.Dialects.Json;

namespace Switchyard.Dashboard.Pages.Playground;

/// <summary>Writes what was asked as code. Thread-safe.</summary>
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

    // JSON's other encoders write an emoji as the two halves of it, which Python reads as two characters that nobody can send. C# ends a
    // line at these, as at any other line break.
    private static string Literal(string text) => $"\"{JsonEncodedText.Encode(text, WireTextEncoder.Instance)}\""
        .Replace("\u0085", "\\u0085", StringComparison.Ordinal)
        .Replace("\u2028", "\\u2028", StringComparison.Ordinal)
        .Replace("\u2029", "\\u2029", StringComparison.Ordinal);
}
