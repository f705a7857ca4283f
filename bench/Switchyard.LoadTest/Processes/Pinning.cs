namespace Switchyard.LoadTest.Processes;

internal static class Pinning
{
    private static readonly string? TaskSet = Programs.Find("taskset");

    public static bool IsPossible => TaskSet is not null;

    /// <summary>The words before a command that bind it to one core.</summary>
    public static string[] Prefix(int core) => TaskSet is null ? [] : [TaskSet, "-c", FormattableString.Invariant($"{core}")];
}
