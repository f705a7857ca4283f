using Switchyard.LoadTest.Load;
using Switchyard.LoadTest.Reporting;
using Switchyard.LoadTest.Subjects;

namespace Switchyard.LoadTest.Measurements;

/// <summary>
/// Latency of one request at a time. The subjects take turns in small blocks, so that a slow second of the machine falls on all of them.
/// </summary>
internal static class Latency
{
    private const int Block = 100;

    public static async Task RunAsync(Bench bench)
    {
        var blocks = bench.Options.Quick ? 4 : 30;
        for (var round = 1; round <= bench.Options.Rounds; round++)
        {
            bench.Cancelled.ThrowIfCancellationRequested();
            bench.Notes.Say(FormattableString.Invariant($"latency at one connection, round {round}"));
            var times = await LoadThread.RunAsync(bench.Options.LoadCore, () => MeasureRound(bench, blocks));
            Record(bench, times);
        }
    }

    private static Dictionary<string, double[]> MeasureRound(Bench bench, int blocks)
    {
        (string Name, int Port)[] targets =
            [(SubjectNames.Direct, bench.Upstream.Port), .. bench.Subjects.Select(subject => (subject.Name, subject.Port))];
        var clients = targets.Select(target => new SequentialClient(target.Port, RequestBytes.Completion(target.Port))).ToArray();
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

    private static void Record(Bench bench, Dictionary<string, double[]> times)
    {
        foreach (var sorted in times.Values) Array.Sort(sorted);
        foreach (var (subject, sorted) in times)
        {
            bench.Figures.Add(Metrics.Median, subject, Spread.Quantile(sorted, 0.5));
            bench.Figures.Add(Metrics.Tail, subject, Spread.Quantile(sorted, 0.99));
            if (subject is SubjectNames.Kestrel or SubjectNames.Direct) continue;
            bench.Figures.Add(Metrics.AddedMedian, subject, AddedMilliseconds(0.5));
            bench.Figures.Add(Metrics.AddedTail, subject, AddedMilliseconds(0.99));

            double AddedMilliseconds(double quantile) =>
                (Spread.Quantile(sorted, quantile) - Spread.Quantile(times[SubjectNames.Kestrel], quantile)) / 1000;
        }
    }
}
