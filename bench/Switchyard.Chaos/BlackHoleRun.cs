using System.Diagnostics;
using System.Globalization;
using Switchyard.Configuration;
using Switchyard.TestKit;

namespace Switchyard.Chaos;

/// <summary>
/// Three targets, one of which stops answering at some moment but still accepts requests: how long calls wait for it, second by second,
/// until its circuit is open and after.
/// </summary>
public static class BlackHoleRun
{
    /// <summary>Runs it.</summary>
    /// <param name="seconds">How long the target is silent.</param>
    /// <param name="clients">The number of clients.</param>
    /// <returns>The latencies of each second in milliseconds, the first before the target falls silent; and the number of requests that it
    /// still got.</returns>
    public static async Task<(IReadOnlyList<double[]> BySecond, long AskedWhileSilent)> RunAsync(int seconds, int clients)
    {
        var targets = await Task.WhenAll(Enumerable.Range(0, 3).Select(i => ChaosTarget.StartAsync($"t{i}")));
        await using var gateway = await GatewayHost.StartAsync(options =>
        {
            foreach (var target in targets)
                options.Providers[target.Name] = new ProviderOptions { BaseUrl = target.BaseUrl, Key = $"sk-{target.Name}-hole" };
            options.Models["any"] = new ModelRouteOptions
            {
                Strategy = "round-robin",
                Targets = [.. targets.Select(target => new TargetOptions { Model = $"{target.Name}/m" })],
            };
            options.Retry = new();
            options.Circuit = new();
            options.Timeouts.Attempt = TimeSpan.FromSeconds(1);
        });
        try
        {
            await CallForAsync(gateway, clients, TimeSpan.FromSeconds(2));
            List<double[]> bySecond = [await CallForAsync(gateway, clients, TimeSpan.FromSeconds(1))];
            targets[1].Mode = ChaosMode.Silent;
            var before = targets[1].Requests;
            for (var second = 0; second < seconds; second++)
                bySecond.Add(await CallForAsync(gateway, clients, TimeSpan.FromSeconds(1)));
            return (bySecond, targets[1].Requests - before);
        }
        finally
        {
            foreach (var target in targets)
                await target.DisposeAsync();
        }
    }

    /// <summary>Prints it.</summary>
    public static void Print(IReadOnlyList<double[]> bySecond, long asked, TextWriter output)
    {
        output.WriteLine("second   calls   median ms   p99 ms   longest ms");
        for (var i = 0; i < bySecond.Count; i++)
        {
            var sorted = bySecond[i];
            var note = i == 0 ? "   all well" : "";
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{i,6}{sorted.Length,8}{At(sorted, 0.5),12:0.00}{At(sorted, 0.99),9:0.00}{At(sorted, 1),13:0.00}{note}"));
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"the silent target was asked {asked} times"));
    }

    /// <summary>A quantile of sorted values.</summary>
    public static double At(double[] sorted, double quantile) => sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * quantile))];

    private static async Task<double[]> CallForAsync(GatewayHost gateway, int clients, TimeSpan time)
    {
        var end = Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency);
        var all = await Task.WhenAll(Enumerable.Range(0, clients).Select(async _ =>
        {
            List<double> latencies = [];
            while (Stopwatch.GetTimestamp() < end)
            {
                var start = Stopwatch.GetTimestamp();
                using var response = await gateway.ChatAsync(Some.ChatRequest("any"));
                response.EnsureSuccessStatusCode();
                await response.Content.ReadAsByteArrayAsync();
                latencies.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }

            return latencies;
        }));
        return [.. all.SelectMany(latencies => latencies).Order()];
    }
}
