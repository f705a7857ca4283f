using Switchyard.LoadTest.Load;
using Switchyard.LoadTest.Processes;
using Switchyard.LoadTest.Reporting;
using Switchyard.LoadTest.Subjects;

namespace Switchyard.LoadTest.Measurements;

/// <summary>CPU and allocated bytes per request, and requests per second, with as much load as one core can make.</summary>
internal static class Saturation
{
    public static async Task RunAsync(Bench bench)
    {
        var wrk = bench.Options.Wrk ? WrkLoad.Find(bench.Children.ScratchDirectory) : null;
        for (var round = 1; round <= bench.Options.Rounds; round++)
        {
            bench.Notes.Say(FormattableString.Invariant($"CPU per request, round {round}"));
            foreach (var subject in bench.Turns(round))
                Record(bench, subject, await QuietTurn.RunAsync(() => TurnAsync(bench, subject, wrk)));
        }

        foreach (var subject in bench.Subjects)
            bench.Figures.Add(Metrics.ResidentLoaded, subject.Name, ProcessFigures.ResidentMegabytes(subject.Process.Id));
    }

    private static Task<LoadTurn> TurnAsync(Bench bench, Subject subject, WrkLoad? wrk)
    {
        var options = bench.Options;
        return wrk is null
            ? LoadTurn.RunAsync(
                bench, subject, new LoadPlan(subject.Port, RequestBytes.Completion(subject.Port), options.Connections, options.Turn))
            : LoadTurn.RunAsync(bench, subject, () => wrk.RunAsync(subject.Port, options));
    }

    private static void Record(Bench bench, Subject subject, LoadTurn turn)
    {
        var (answers, elapsed) = (turn.Result.Answers, turn.Result.Elapsed);
        bench.Figures.Add(Metrics.CpuPerRequest, subject.Name, turn.CpuMicroseconds / answers);
        bench.Figures.Add(Metrics.RequestsPerSecond, subject.Name, answers / elapsed.TotalSeconds);
        bench.Figures.Add(Metrics.CoreUsed, subject.Name, 100 * turn.CpuMicroseconds / elapsed.TotalMicroseconds);
        bench.Figures.Add(Metrics.CoreForeign, subject.Name, turn.ForeignPercent);
        if (turn.Runtime is not { } runtime) return;
        bench.Figures.Add(Metrics.Allocated, subject.Name, runtime.AllocatedBytes / (double)answers);
        bench.Figures.Add(Metrics.GcPause, subject.Name, 100 * runtime.GcPause / elapsed);
    }
}
