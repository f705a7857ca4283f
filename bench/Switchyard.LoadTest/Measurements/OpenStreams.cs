using Switchyard.LoadTest.Load;
using Switchyard.LoadTest.Processes;
using Switchyard.LoadTest.Reporting;
using Switchyard.LoadTest.Subjects;
using Switchyard.LoadTest.Upstream;

namespace Switchyard.LoadTest.Measurements;

/// <summary>Resident memory while many slow streams are open, in the process that has just been through the load.</summary>
internal static class OpenStreams
{
    private const int MaxRounds = 3;

    private static readonly StreamShape Shape = new(Chunks: 1000, PaceMilliseconds: 2000);
    private static readonly TimeSpan OpenLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan CloseTime = TimeSpan.FromSeconds(1);

    public static async Task RunAsync(Bench bench)
    {
        var rounds = Math.Min(bench.Options.Rounds, MaxRounds);
        for (var round = 1; round <= rounds; round++)
        {
            bench.Notes.Say(FormattableString.Invariant($"{bench.Options.OpenStreams} open streams, round {round}"));
            foreach (var subject in bench.Turns(round))
                bench.Figures.Add(Metrics.ResidentStreams, subject.Name, await MeasureAsync(bench, subject));
        }
    }

    private static async Task<double> MeasureAsync(Bench bench, Subject subject)
    {
        using var letGo = CancellationTokenSource.CreateLinkedTokenSource(bench.Cancelled);
        var held = new HeldStreams(subject.Port, RequestBytes.Stream(subject.Port, Shape), bench.Options.OpenStreams);
        var loop = LoadThread.RunAsync(bench.Options.LoadCore, () => held.Run(letGo.Token));
        try
        {
            await Task.WhenAny(held.AllOpen, loop).WaitAsync(OpenLimit, bench.Cancelled);
            if (held.AllOpen.IsCompletedSuccessfully) await Task.Delay(bench.Options.Turn, bench.Cancelled);
            return ProcessFigures.ResidentMegabytes(subject.Process.Id);
        }
        catch (TimeoutException)
        {
            throw new RunFailedException($"{subject.Name} did not open {bench.Options.OpenStreams} streams");
        }
        finally
        {
            await letGo.CancelAsync();
            await loop;
            // The next subject must not be measured while this one still closes its connections.
            await Task.Delay(CloseTime, CancellationToken.None);
        }
    }
}
