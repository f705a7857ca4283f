using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Calls;
using Switchyard.Chaos;
using Switchyard.Configuration;
using Switchyard.Pipeline;
using Switchyard.Targets;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Failures;

/// <summary>The short form of the chaos run in <c>bench</c>, and large numbers of clients that connect and disconnect.</summary>
public sealed class ChaosTests
{
    [Fact]
    public async Task Calls_go_on_whatever_fails_and_nothing_is_left_behind()
    {
        var report = await RunAsync();
        // An attempt has half a second, so that a machine that stands still for longer fails calls. A fault of ours fails every run, and a
        // wrong answer or a leak none of them may have.
        for (var runs = 1; runs < 3 && report.Verdict().Any() && report is { Faults.Count: 0, Leaks.Count: 0 }; runs++)
            report = await RunAsync();

        Assert.True(report.Calls > 200, $"{report.Calls} calls say nothing");
        Assert.True(!report.Verdict().Any(), $"{string.Join("; ", report.Verdict())}\n{report}");

        static Task<ChaosReport> RunAsync() =>
            ChaosRun.RunAsync(seed: 7, TimeSpan.FromSeconds(6), clients: 16, slice: TimeSpan.FromSeconds(1.5));
    }

    [Fact]
    public async Task A_target_that_falls_silent_is_asked_by_no_more_calls_than_run_at_once()
    {
        var (_, asked) = await BlackHoleRun.RunAsync(seconds: 4, clients: 8);

        Assert.InRange(asked, 1, 8 + CircuitFailures);
    }

    [Fact]
    public async Task A_thousand_clients_that_come_and_go_leave_no_request_no_place_and_no_count_behind()
    {
        await using var target = await ChaosTarget.StartAsync("t0");
        var seen = new Seen();
        await using var gateway = await GatewayHost.StartAsync(
            options =>
            {
                options.Providers["t0"] = new ProviderOptions { BaseUrl = target.BaseUrl, Key = "sk-t0-thousand", Concurrency = 60 };
                options.Routing.Concurrency = 200;
                options.Routing.Queue = 300;
            },
            build => build.Services.AddSingleton<IAttemptObserver>(seen));
        var random = new Random(5);
        await Task.WhenAll(Enumerable.Range(0, 1000).Select(async i =>
        {
            using var client = new CancellationTokenSource(TimeSpan.FromMilliseconds(random.Next(1, 400)));
            target.Mode = i % 10 == 0 ? ChaosMode.Dripping : i % 3 == 0 ? ChaosMode.ResetMidStream : ChaosMode.Healthy;
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions")
                {
                    Content = new StringContent(Some.ChatRequest("t0/m", stream: i % 2 == 0), null, "application/json"),
                };
                using var response = await gateway.Http.SendAsync(request, client.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or HttpRequestException)
            {
                // The client disconnected, or its answer was cut off.
            }
        }));

        target.Mode = ChaosMode.Healthy;
        await Wait.ForAsync(
            () => target.Open == 0 && seen.All.All(state => state is { InFlight: 0, Places: { Running: 0, Waiting: 0 } }));
        // All places are free again: as many calls as may run at once are answered.
        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => gateway.ChatAsync(Some.ChatRequest("t0/m"))));
        Assert.All(answers, answer => Assert.Equal(200, (int)answer.StatusCode));
    }

    private const int CircuitFailures = 5;

    private sealed class Seen : IAttemptObserver
    {
        private readonly ConcurrentDictionary<DeploymentState, bool> _states = new();

        public IEnumerable<DeploymentState> All => _states.Keys;

        public void OnAttemptEnded(ModelCall call, Attempt attempt) => _states.TryAdd(attempt.Deployment.State, true);
    }
}
