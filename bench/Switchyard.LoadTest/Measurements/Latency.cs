using Switchyard.LoadTest.Load;
using Switchyard.LoadTest.Reporting;
using Switchyard.LoadTest.Subjects;

namespace Switchyard.LoadTest.Measurements;

/// <summary>
/// Latency of one request at a time. The subjects take turns in small blocks, so that a slow second of the machine affects all of them.
/// </summary>
internal sealed class Latency
{
    /// <summary>With the usual body of half a kilobyte.</summary>
    public static readonly Latency Small = new()
    {
        Title = "latency at one connection",
        Request = RequestBytes.Completion,
        Block = 100,
        Blocks = 30,
        Reported = [(Metrics.Median, Metrics.AddedMedian, 0.5), (Metrics.Tail, Metrics.AddedTail, 0.99)],
    };

    /// <summary>With a body of 1 MB, which shows whether a subject buffers it.</summary>
    public static readonly Latency LargeBody = new()
    {
        Title = "latency of a body of 1 MB",
        Request = RequestBytes.LargeCompletion,
        Block = 10,
        Blocks = 20,
        Reported = [(Metrics.BodyMedian, Metrics.BodyAddedMedian, 0.5)],
    };

    public required string Title { get; init; }

    public required Func<int, byte[]> Request { get; init; }

    public required int Block { get; init; }

    public required int Blocks { get; init; }

    /// <summary>The figure, the difference to the pass-through's, and the quantile of both.</summary>
    public required (Metric Figure, Metric Added, double Quantile)[] Reported { get; init; }

    public async Task RunAsync(Bench bench)
    {
        var blocks = bench.Options.Quick ? 4 : Blocks;
        for (var round = 1; round <= bench.Options.Rounds; round++)
        {
            bench.Cancelled.ThrowIfCancellationRequested();
            bench.Notes.Say(FormattableString.Invariant($"{Title}, round {round}"));
            Record(bench, await LoadThread.RunAsync(bench.Options.LoadCore, () => MeasureRound(bench, blocks)));
        }
    }

    private Dictionary<string, double[]> MeasureRound(Bench bench, int blocks)
    {
        (string Name, int Port)[] targets =
            [(SubjectNames.Direct, bench.Upstream.Port), .. bench.Subjects.Select(subject => (subject.Name, subject.Port))];
        var clients = targets.Select(target => new SequentialClient(target.Port, Request(target.Port))).ToArray();
        var times = targets.ToDictionary(target => target.Name, _ => new double[blocks * Block]);
        var ignored = new double[Block];
        try
        {
            foreach (var client in clients) client.Measure(ignored);
            for (var block = 0; block < blocks; block++)
            {
                bench.Cancelled.ThrowIfCancellationRequested();
                for (var turn = 0; turn < clients.Length; turn++)
                {
                    var i = block % 2 == 0 ? turn : clients.Length - 1 - turn;
                    clients[i].Measure(times[targets[i].Name].AsSpan(block * Block, Block));
                }
            }
        }
        finally
        {
            foreach (var client in clients) client.Dispose();
        }

        return times;
    }

    private void Record(Bench bench, Dictionary<string, double[]> times)
    {
        foreach (var sorted in times.Values) Array.Sort(sorted);
        foreach (var (subject, sorted) in times)
        {
            foreach (var (figure, added, quantile) in Reported)
            {
                var time = Spread.Quantile(sorted, quantile);
                bench.Figures.Add(figure, subject, time);
                if (subject is not (SubjectNames.Kestrel or SubjectNames.Direct))
                    bench.Figures.Add(added, subject, (time - Spread.Quantile(times[SubjectNames.Kestrel], quantile)) / 1000);
            }
        }
    }
}
