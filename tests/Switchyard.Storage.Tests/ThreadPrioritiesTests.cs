using System.Globalization;
using Switchyard.Storage.Databases;
using Xunit;

namespace Switchyard.Storage.Tests;

/// <summary>Long reads of the ledger run below the priority of the call threads.</summary>
public sealed class ThreadPrioritiesTests
{
    [Fact]
    public void Work_runs_on_a_thread_of_lower_priority_and_no_other_thread_gets_it()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux tells of a thread's nice value in a file.");
        var (process, mine) = (NiceOf("self"), NiceOf("thread-self"));

        Assert.Equal(Math.Max(mine, 10), ThreadPriorities.RunBehindOthers(() => NiceOf("thread-self")));

        Assert.Equal((process, mine), (NiceOf("self"), NiceOf("thread-self")));
    }

    [Fact]
    public void A_failure_of_the_work_is_the_callers() => Assert.Equal(
        "no such table",
        Assert.Throws<InvalidOperationException>(
            () => ThreadPriorities.RunBehindOthers<int>(() => throw new InvalidOperationException("no such table"))).Message);

    /// <summary>The 19th value of a line whose second is a name in parentheses, which may hold spaces.</summary>
    private static int NiceOf(string task) =>
        int.Parse(File.ReadAllText($"/proc/{task}/stat").Split(") ")[^1].Split(' ')[16], CultureInfo.InvariantCulture);
}
