using Switchyard.LoadTest.Load;
using Switchyard.LoadTest.Processes;
using Switchyard.LoadTest.Reporting;
using Switchyard.LoadTest.Subjects;
using Switchyard.LoadTest.Upstream;

namespace Switchyard.LoadTest.Measurements;

/// <summary>Resident memory while many slow streams are open.</summary>
internal static class OpenStreams
{
    public const int MaxRounds = 3;

    private static readonly StreamShape Shape = new(Chunks: 1000, PaceMilliseconds: 2000);
    private static readonly TimeSpan OpenLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan CloseTime = TimeSpan.FromSeconds(1);

    /// <summary>Measures the processes that have just been under load.</summary>
    public static async Task RunAsync(Bench bench)
    {
        var rounds = Math.Min(bench.Options.Rounds, MaxRounds);
        for (var round = 1; round <= rounds; round++)
        {
            bench.Notes.Say(FormattableString.Invariant($"{bench.Options.OpenStreams} open streams after load, round {round}"));
            foreach (var subject in bench.Turns(round))
                bench.Figures.Add(
                    Metrics.ResidentLoadedStreams, subject.Name, await MeasureAsync(bench, subject.Name, subject.Process, subject.Port));
        }
    }

    /// <summary>Opens the streams, waits for the length of a turn, and closes them again.</summary>
    /// <returns>Megabytes.</returns>
    public static async Task<double> MeasureAsync(Bench bench, string name, ChildProcess process, int port)
    {
        using var letGo = CancellationTokenSource.CreateLinkedTokenSource(bench.Cancelled);
        var held = new HeldStreams(port, RequestBytes.Stream(port, Shape), bench.Options.OpenStreams);
        var loop = LoadThread.RunAsync(bench.Options.LoadCore, () => held.Run(letGo.Token));
        try
        {
            await Task.WhenAny(held.AllOpen, loop).WaitAsync(OpenLimit, bench.Cancelled);
            if (held.AllOpen.IsCompletedSuccessfully) await Task.Delay(bench.Options.Turn, bench.Cancelled);
            return ProcessFigures.ResidentMegabytes(process.Id);
        }
        catch (TimeoutException)
        {
            throw new RunFailedException($"{name} did not open {bench.Options.OpenStreams} streams");
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
