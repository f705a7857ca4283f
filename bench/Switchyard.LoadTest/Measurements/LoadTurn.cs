using Switchyard.LoadTest.Load;
using Switchyard.LoadTest.Processes;
using Switchyard.LoadTest.Subjects;
using Switchyard.Probe;

namespace Switchyard.LoadTest.Measurements;

/// <summary>One subject's turn under load, with its cost.</summary>
/// <param name="Result">The result of the load.</param>
/// <param name="CpuMicroseconds">User and system time of the subject.</param>
/// <param name="ForeignMicroseconds">The time that its core spent on other work.</param>
internal sealed record LoadTurn(LoadResult Result, double CpuMicroseconds, double ForeignMicroseconds)
{
    /// <summary>The counters of the subject's runtime for the turn; null if it has no .NET runtime.</summary>
    public RuntimeFigures? Runtime { get; init; }

    /// <summary>The share of its core that other work took.</summary>
    public double ForeignPercent => 100 * ForeignMicroseconds / Result.Elapsed.TotalMicroseconds;

    public static async Task<LoadTurn> RunAsync(Bench bench, Subject subject, Func<Task<LoadResult>> load)
    {
        bench.Cancelled.ThrowIfCancellationRequested();
        subject.Process.RequireRunning();
        var counted = await bench.Upstream.CountAsync();
        var runtime = subject.Probe?.Read();
        var core = ProcessFigures.CoreBusyMicroseconds(bench.Options.SubjectCore);
        var cpu = ProcessFigures.CpuMicroseconds(subject.Process.Id);

        var result = await load();

        cpu = ProcessFigures.CpuMicroseconds(subject.Process.Id) - cpu;
        core = ProcessFigures.CoreBusyMicroseconds(bench.Options.SubjectCore) - core;
        bench.Cancelled.ThrowIfCancellationRequested();
        subject.Process.RequireRunning();
        RequireHonest(subject, result, await bench.Upstream.CountAsync() - counted);
        return new LoadTurn(result, cpu, Math.Max(0, core - cpu))
        {
            Runtime = runtime is null ? null : subject.Probe!.Read().Since(runtime),
        };
    }

    public static Task<LoadTurn> RunAsync(Bench bench, Subject subject, LoadPlan plan) =>
        RunAsync(bench, subject, () => LoadThread.RunAsync(bench.Options.LoadCore, () => new ClosedLoop(plan).Run(bench.Cancelled)));

    // Figures are only comparable if every answer was correct and came from the upstream: no cache, no retry. If the cache is measured,
    // no answer may come from the upstream.
    private static void RequireHonest(Subject subject, LoadResult result, long reachedUpstream)
    {
        if (result.Failures > 0)
            throw new RunFailedException($"{subject.Name}: {result.Failures} answers were wrong, the first: {result.FirstFailure}");
        if (result.Answers == 0) throw new RunFailedException($"{subject.Name} answered nothing");
        var expected = subject.Name == SubjectNames.Cached ? 0 : result.Answers;
        if (Math.Abs(reachedUpstream - expected) > result.Answers / 100)
            throw new RunFailedException($"{subject.Name}: {result.Answers} answers, but {reachedUpstream} requests reached the upstream");
    }
}
