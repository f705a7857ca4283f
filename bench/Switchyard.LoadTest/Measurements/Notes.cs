namespace Switchyard.LoadTest.Measurements;

/// <summary>Progress for display, and warnings that belong beside the figures.</summary>
internal sealed class Notes
{
    private readonly List<string> _warnings = [];

    public IReadOnlyList<string> Warnings => _warnings;

    public void Say(string text) => Console.WriteLine(text);

    public void Warn(string text)
    {
        _warnings.Add(text);
        Console.WriteLine("warning: " + text);
    }
}
