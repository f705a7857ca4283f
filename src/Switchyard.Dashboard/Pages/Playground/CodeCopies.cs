using System.Text.Encodings.Web;
using System.Text.Json;
using Switchyard.Dashboard.Parts;

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

    /// <summary>A text as JSON, C# and Python all read it.</summary>
    private static string Literal(string text) => $"\"{JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";
}
