using System.Diagnostics;
using Switchyard.LoadTest.Processes;
using Switchyard.LoadTest.Reporting;
using Switchyard.LoadTest.Subjects;

namespace Switchyard.LoadTest.Measurements;

/// <summary>
/// Resident memory of a process that has just started: idle, and with its first streams open. It runs with a user's settings, and no load
/// has grown its heap.
/// </summary>
internal static class JustStarted
{
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(2);

    public static async Task RunAsync(Bench bench)
    {
        var rounds = Math.Min(bench.Options.Rounds, OpenStreams.MaxRounds);
        for (var round = 1; round <= rounds; round++)
        {
            bench.Notes.Say(FormattableString.Invariant($"memory of a fresh process, round {round}"));
            foreach (var program in bench.Programs) await MeasureAsync(bench, program);
        }
    }

    private static async Task MeasureAsync(Bench bench, ISubjectProgram program)
    {
        var port = FreePort.Next();
        var from = Stopwatch.GetTimestamp();
        var process = bench.Children.Start(program.Launch(port), bench.Options.SubjectCore);
        try
        {
            Readiness.Wait(process, port, from);
            await Task.Delay(Rest, bench.Cancelled);
            bench.Figures.Add(Metrics.ResidentIdle, program.Name, ProcessFigures.ResidentMegabytes(process.Id));
            bench.Figures.Add(Metrics.ResidentStreams, program.Name, await OpenStreams.MeasureAsync(bench, program.Name, process, port));
        }
        finally
        {
            bench.Children.End(process);
        }
    }
}
