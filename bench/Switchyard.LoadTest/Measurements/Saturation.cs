using Switchyard.LoadTest.Load;
using Switchyard.LoadTest.Processes;
using Switchyard.LoadTest.Reporting;
using Switchyard.LoadTest.Subjects;

namespace Switchyard.LoadTest.Measurements;

/// <summary>CPU per request, and requests per second, with as much load as one core can make.</summary>
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

    private static async Task<LoadTurn> TurnAsync(Bench bench, Subject subject, WrkLoad? wrk)
    {
        var options = bench.Options;
        var before = await Allocation.ReadAsync(options, subject);
        var turn = wrk is null
            ? await LoadTurn.RunAsync(bench, subject, new LoadPlan(
                subject.Port, RequestBytes.Completion(subject.Port), options.Connections, options.Turn))
            : await LoadTurn.RunAsync(bench, subject, () => wrk.RunAsync(subject.Port, options));
        return turn with { AllocatedBytes = await Allocation.ReadAsync(options, subject) - before };
    }

    private static void Record(Bench bench, Subject subject, LoadTurn turn)
    {
        var (answers, elapsed) = (turn.Result.Answers, turn.Result.Elapsed);
        bench.Figures.Add(Metrics.CpuPerRequest, subject.Name, turn.CpuMicroseconds / answers);
        bench.Figures.Add(Metrics.RequestsPerSecond, subject.Name, answers / elapsed.TotalSeconds);
        bench.Figures.Add(Metrics.CoreUsed, subject.Name, 100 * turn.CpuMicroseconds / elapsed.TotalMicroseconds);
        bench.Figures.Add(Metrics.CoreForeign, subject.Name, turn.ForeignPercent);
        if (turn.AllocatedBytes is { } bytes) bench.Figures.Add(Metrics.Allocated, subject.Name, bytes / (double)answers);
    }
}
