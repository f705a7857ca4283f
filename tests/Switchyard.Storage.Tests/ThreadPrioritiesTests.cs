using Switchyard.Storage.Databases;
using Xunit;

namespace Switchyard.Storage.Tests;

/// <summary>Threads that read the ledger for long let those of the calls go first.</summary>
public sealed class ThreadPrioritiesTests
{
    [Fact]
    public void A_thread_lowers_its_own_priority_and_no_others()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux tells of a thread's nice value in a file.");
        var before = NiceOf("self");
        var lowered = before;

        var thread = new Thread(() =>
        {
            ThreadPriorities.LowerMine();
            lowered = NiceOf("thread-self");
        });
        thread.Start();
        thread.Join();

        Assert.Equal(Math.Max(before, 10), lowered);
        Assert.Equal(before, NiceOf("self"));
    }

    /// <summary>The 19th value of a line whose second is a name in parentheses, which may hold spaces.</summary>
    private static int NiceOf(string task) =>
        int.Parse(File.ReadAllText($"/proc/{task}/stat").Split(") ")[^1].Split(' ')[16], System.Globalization.CultureInfo.InvariantCulture);
}
