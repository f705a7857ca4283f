using Switchyard.LoadTest.Measurements;
using Switchyard.LoadTest.Processes;

namespace Switchyard.LoadTest.Run;

/// <summary>Checks of this machine and build for conditions that make the figures wrong.</summary>
internal static class Surroundings
{
    public static void Check(RunOptions options, Notes notes)
    {
        if (!OperatingSystem.IsLinux()) throw new RunFailedException("the measurement reads /proc: it runs on Linux only");
        if (!Pinning.IsPossible) notes.Warn("taskset is not installed: subjects and load share all cores, the figures are not comparable");
        if (options.SubjectCore == options.LoadCore) notes.Warn("subjects and load share a core: requests per second mean nothing");
        if (options.Quick) notes.Warn("a quick run: it shows that everything works, its figures mean nothing");
#if DEBUG
        notes.Warn("a Debug build: the pass-through is slower than it should be, ratios flatter the gateway");
#endif
    }
}
