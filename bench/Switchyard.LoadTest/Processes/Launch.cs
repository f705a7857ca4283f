namespace Switchyard.LoadTest.Processes;

/// <summary>A program to start.</summary>
internal sealed record Launch(string Name, string File, params string[] Arguments)
{
    public Dictionary<string, string> Environment { get; init; } = [];
}
