using System.Diagnostics;
using Switchyard.LoadTest.Load;
using Switchyard.LoadTest.Processes;
using Switchyard.LoadTest.Reporting;
using Switchyard.LoadTest.Subjects;

namespace Switchyard.LoadTest.Measurements;

/// <summary>
/// From the start of the process to the first 200 from <c>/health</c>, on one core and with the runtime's usual settings.
/// </summary>
internal static class TimeToReady
{
    public static async Task RunAsync(Bench bench)
    {
        // Round 0 reads the files from disk; it is not the program's own time.
        for (var round = 0; round <= bench.Options.Rounds; round++)
        {
            bench.Notes.Say(FormattableString.Invariant($"time to ready, start {round}"));
            foreach (var program in bench.Programs)
            {
                bench.Cancelled.ThrowIfCancellationRequested();
                var time = await LoadThread.RunAsync(bench.Options.LoadCore, () => StartAndEnd(bench, program));
                if (round > 0) bench.Figures.Add(Metrics.Ready, program.Name, time.TotalMilliseconds);
            }
        }
    }

    private static TimeSpan StartAndEnd(Bench bench, ISubjectProgram program)
    {
        var port = FreePort.Next();
        var launch = program.Launch(port);
        var from = Stopwatch.GetTimestamp();
        var process = bench.Children.Start(launch, bench.Options.SubjectCore);
        try
        {
            return Readiness.Wait(process, port, from);
        }
        finally
        {
            bench.Children.End(process);
        }
    }
}
