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
            foreach (var subject in bench.Turns(round)) await TurnAsync(bench, subject, wrk);
        }

        foreach (var subject in bench.Subjects)
            bench.Figures.Add(Metrics.ResidentLoaded, subject.Name, ProcessFigures.ResidentMegabytes(subject.Process.Id));
    }

    private static async Task TurnAsync(Bench bench, Subject subject, WrkLoad? wrk)
    {
        var options = bench.Options;
        var allocated = await Allocation.ReadAsync(options, subject);
        var turn = wrk is null
            ? await LoadTurn.RunAsync(bench, subject, new LoadPlan(
                subject.Port, RequestBytes.Completion(subject.Port), options.Connections, options.Turn))
            : await LoadTurn.RunAsync(bench, subject, () => wrk.RunAsync(subject.Port, options));

        bench.Figures.Add(Metrics.CpuPerRequest, subject.Name, turn.CpuMicroseconds / turn.Result.Answers);
        bench.Figures.Add(Metrics.RequestsPerSecond, subject.Name, turn.Result.Answers / turn.Result.Elapsed.TotalSeconds);
        bench.Figures.Add(Metrics.CoreUsed, subject.Name, 100 * turn.CpuMicroseconds / turn.Result.Elapsed.TotalMicroseconds);
        bench.Figures.Add(Metrics.CoreForeign, subject.Name, turn.ForeignPercent);
        if (allocated is { } before && await Allocation.ReadAsync(options, subject) is { } after)
            bench.Figures.Add(Metrics.Allocated, subject.Name, (after - before) / (double)turn.Result.Answers);
    }
}
