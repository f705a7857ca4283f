using System.Diagnostics;
using Switchyard.LoadTest.Load;
using Switchyard.LoadTest.Subjects;

namespace Switchyard.LoadTest.Measurements;

/// <summary>
/// Load of all measured kinds until the runtime has stopped compiling: a hot method is compiled up to three times, and the last time is
/// late (see the README on one core).
/// </summary>
internal static class WarmUp
{
    private const int SettledMethods = 2;
    private static readonly TimeSpan Slice = TimeSpan.FromSeconds(2);

    public static async Task RunAsync(Bench bench)
    {
        if (bench.Options.WarmUp == TimeSpan.Zero) return;
        foreach (var subject in bench.Subjects)
        {
            bench.Notes.Say($"warming up {subject.Name}");
            var clock = Stopwatch.StartNew();
            foreach (var load in Loads(bench, subject))
            {
                if (!await SettleAsync(bench, subject, load))
                    bench.Notes.Warn(
                        $"{subject.Name} was still compiling after {bench.Options.WarmUp.TotalSeconds} s of load: give --warmup more");
            }

            bench.Notes.Say(FormattableString.Invariant($"  {clock.Elapsed.TotalSeconds:F0} s"));
        }
    }

    /// <summary>The loads for slices of time. The load that is measured with the finest scale comes last.</summary>
    private static IEnumerable<Func<LoadResult>> Loads(Bench bench, Subject subject)
    {
        var (options, port) = (bench.Options, subject.Port);
        if (options.Measures("body")) yield return () => OneAtATime(port);
        if (options.Measures("streams") || options.Measures("memory"))
        {
            var shape = PacedStreams.Shape;
            var streams = new LoadPlan(port, RequestBytes.Stream(port, shape), options.Streams, Slice)
            {
                FramesExpected = shape.Frames + subject.ExtraFrames,
                Ramp = PacedStreams.Ramp,
            };
            yield return () => new ClosedLoop(streams).Run(bench.Cancelled);
        }

        var whole = new LoadPlan(port, RequestBytes.Completion(port), options.Connections, Slice);
        yield return () => new ClosedLoop(whole).Run(bench.Cancelled);
    }

    private static LoadResult OneAtATime(int port)
    {
        using var client = new SequentialClient(port, RequestBytes.LargeCompletion(port));
        return client.Run(Slice);
    }

    /// <summary>False if the time was over first.</summary>
    private static async Task<bool> SettleAsync(Bench bench, Subject subject, Func<LoadResult> load)
    {
        var clock = Stopwatch.StartNew();
        var quiet = 0;
        while (quiet < 2)
        {
            var turn = await LoadTurn.RunAsync(bench, subject, () => LoadThread.RunAsync(bench.Options.LoadCore, load));
            // A process without a runtime has nothing to compile; two slices fill its caches.
            quiet = turn.Runtime is null || turn.Runtime.CompiledMethods <= SettledMethods ? quiet + 1 : 0;
            if (quiet < 2 && clock.Elapsed > bench.Options.WarmUp) return false;
        }

        return true;
    }
}
