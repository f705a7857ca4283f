using Switchyard.Dashboard.Parts;

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
            string Quoted(string text) => sample.Name == Shell ? TextSample.InShell(text) : text;
            yield return sample.With(("<address>", address), ("<model>", Quoted(asked)), ("<prompt>", Quoted(said)));
        }
    }

    private static string Literal(string text) => $"\"{TextSample.Quoted(text)}\"";
}
