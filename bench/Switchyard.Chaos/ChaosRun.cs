using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Pipeline;
using Switchyard.Targets;
using Switchyard.TestKit;

namespace Switchyard.Chaos;

/// <summary>
/// A gateway in front of five targets that fail in all modes, by a seeded script, with clients that stream, wait and disconnect. In each
/// slice of time at least one target is healthy that was healthy in the slice before, so that every call could be served. Then all
/// targets fail for a while, and then all are healthy again.
/// </summary>
public sealed class ChaosRun : IAsyncDisposable
{
    /// <summary>The number of targets.</summary>
    public const int Targets = 5;

    private static readonly ChaosMode[] s_failing =
        [.. Enum.GetValues<ChaosMode>().Where(mode => mode is not (ChaosMode.Healthy or ChaosMode.Compressed))];

    private static readonly string[] s_neverAnswering = ["refused", "unnamed", "untls"];

    private readonly ChaosTarget[] _targets;
    private readonly GatewayHost _gateway;
    private readonly TriedDeployments _tried;
    private readonly Random _script;
    private readonly int _clients;
    private readonly ConcurrentQueue<string> _faults = new();
    private readonly ConcurrentQueue<string> _failures = new();
    private int _calls;
    private int _succeeded;
    private int _brokenOff;
    private int _aborted;

    private ChaosRun(ChaosTarget[] targets, GatewayHost gateway, TriedDeployments tried, int seed, int clients) =>
        (_targets, _gateway, _tried, _script, _clients) = (targets, gateway, tried, new Random(seed), clients);

    /// <summary>Runs it.</summary>
    /// <param name="seed">Decides what fails when.</param>
    /// <param name="duration">How long targets fail in turns; outage and recovery take a quarter of it each, at least 5 seconds.</param>
    /// <param name="clients">The number of clients.</param>
    /// <param name="slice">How long a target behaves in one way.</param>
    public static async Task<ChaosReport> RunAsync(int seed, TimeSpan duration, int clients, TimeSpan slice)
    {
        var targets = await Task.WhenAll(Enumerable.Range(0, Targets).Select(i => ChaosTarget.StartAsync($"t{i}")));
        var tried = new TriedDeployments();
        var gateway = await GatewayHost.StartAsync(
            options => Configure(options, targets), build => build.Services.AddSingleton<IAttemptObserver>(tried));
        await using var run = new ChaosRun(targets, gateway, tried, seed, clients);
        await run.FailInTurnsAsync(duration, slice);
        // Retries saved up before an outage are used in its first seconds.
        var rest = duration / 4 > TimeSpan.FromSeconds(5) ? duration / 4 : TimeSpan.FromSeconds(5);
        var (calls, upstream) = await run.OutageAsync(rest);
        var recovered = await run.RecoverAsync(rest);
        return new ChaosReport
        {
            Calls = run._calls,
            Succeeded = run._succeeded,
            BrokenOff = run._brokenOff,
            Aborted = run._aborted,
            Faults = [.. run._faults],
            Failures = [.. run._failures],
            OutageCalls = calls,
            OutageUpstreamCalls = upstream,
            Outage = rest,
            Recovered = recovered,
            Leaks = await run.LeaksAsync(),
        };
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        foreach (var target in _targets)
            await target.DisposeAsync();
    }

    private static void Configure(SwitchyardOptions options, ChaosTarget[] targets)
    {
        foreach (var target in targets)
            options.Providers[target.Name] =
                new ProviderOptions { BaseUrl = target.BaseUrl, Key = $"sk-{target.Name}-chaos", Models = ["m"] };
        // Providers that never answer: no listener, a name that does not exist, a port without TLS.
        options.Providers["refused"] = new ProviderOptions { BaseUrl = "http://127.0.0.1:9/v1", Key = "sk-refused" };
        options.Providers["unnamed"] = new ProviderOptions { BaseUrl = "https://no-such-host.invalid/v1", Key = "sk-unnamed" };
        options.Providers["untls"] = new ProviderOptions
        {
            BaseUrl = targets[0].BaseUrl.Replace("http:", "https:", StringComparison.Ordinal),
            Key = "sk-untls",
        };
        options.Models["any"] = new ModelRouteOptions { Strategy = "weighted", Targets = TargetsBut(null) };
        options.Routing.MaxFallbacks = options.Models["any"].Targets.Count - 1;
        options.Retry = new() { Attempts = 3, Base = TimeSpan.FromMilliseconds(20), Max = TimeSpan.FromMilliseconds(200) };
        options.Circuit = new() { Open = TimeSpan.FromSeconds(1) };
        options.Timeouts.FirstToken = TimeSpan.FromMilliseconds(500);
        options.Timeouts.Attempt = TimeSpan.FromMilliseconds(500);
        options.Timeouts.Idle = TimeSpan.FromSeconds(2);
        options.Timeouts.Total = TimeSpan.FromSeconds(20);
    }

    private static List<TargetOptions> TargetsBut(string? left) =>
    [
        .. Enumerable.Range(0, Targets).Select(i => $"t{i}").Where(name => name != left)
            .Select(name => new TargetOptions { Model = $"{name}/m" }),
        .. s_neverAnswering.Select(name => new TargetOptions { Model = $"{name}/m", Weight = 0.1 }),
    ];

    /// <summary>Removes a target by a reload while calls run on it, or adds the last removed one again.</summary>
    private async Task ReloadAsync(string? left)
    {
        var outcome = await _gateway.Engine.ApplyAsync(options =>
        {
            options.Models["any"].Targets = TargetsBut(left);
            foreach (var target in _targets)
                options.Providers[target.Name].Enabled = target.Name != left;
        });
        if (!outcome.Applied)
            _faults.Enqueue($"a reload was refused: {outcome.Reason}");
    }

    private async Task FailInTurnsAsync(TimeSpan duration, TimeSpan slice)
    {
        using var over = new CancellationTokenSource();
        var clients = Enumerable.Range(0, _clients).Select(i => CallAsync(new Random(_script.Next()), over.Token)).ToArray();
        var healthy = _script.Next(Targets);
        for (var time = TimeSpan.Zero; time < duration; time += slice)
        {
            var next = _script.Next(Targets);
            for (var i = 0; i < Targets; i++)
            {
                _targets[i].Mode = i == healthy || i == next || _script.NextDouble() < 0.3
                    ? _script.NextDouble() < 0.2 ? ChaosMode.Compressed : ChaosMode.Healthy
                    : s_failing[_script.Next(s_failing.Length)];
            }

            var (kept, gone) = (new[] { healthy, next }, _script.Next(Targets));
            healthy = next;
            await ReloadAsync(kept.Contains(gone) ? null : $"t{gone}");
            await Task.Delay(slice);
        }

        await ReloadAsync(null);
        // Calls that still run must find a healthy target.
        foreach (var target in _targets)
            target.Mode = ChaosMode.Healthy;
        await over.CancelAsync();
        await Task.WhenAll(clients);
    }

    private async Task CallAsync(Random random, CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            var (stream, leaves) = (random.NextDouble() < 0.5, random.NextDouble() < 0.05);
            using var client = new CancellationTokenSource();
            if (leaves)
                client.CancelAfter(random.Next(1, 60));
            Interlocked.Increment(ref _calls);
            try
            {
                await JudgeAsync(stream, client.Token);
            }
            catch (Exception e) when (
                client.IsCancellationRequested && e is OperationCanceledException or IOException or HttpRequestException)
            {
                Interlocked.Increment(ref _aborted);
            }
            catch (Exception e) when (e is HttpRequestException or IOException)
            {
                // A cut JSON body ends in a closed connection.
                Interlocked.Increment(ref _brokenOff);
            }
        }
    }

    private async Task JudgeAsync(bool stream, CancellationToken client)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions")
        {
            Content = new StringContent(Some.ChatRequest("any", stream: stream), null, "application/json"),
        };
        using var response = await _gateway.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, client);
        var provider = response.Headers.TryGetValues("x-switchyard-provider", out var names) ? names.First() : "";
        var text = await response.Content.ReadAsStringAsync(client);
        if (!response.IsSuccessStatusCode)
        {
            _failures.Enqueue($"{(int)response.StatusCode}: {text}");
            return;
        }

        var (said, errors) = stream ? ReadStream(text) : (ReadWhole(text), 0);
        var whole = ChaosTarget.TextOf(provider);
        if (errors == 0 && said == whole)
            Interlocked.Increment(ref _succeeded);
        else if (errors == 1 && whole.StartsWith(said, StringComparison.Ordinal))
            Interlocked.Increment(ref _brokenOff);
        else
            _faults.Enqueue($"{provider} said '{said}' with {errors} errors");
    }

    private static string ReadWhole(string body)
    {
        using var json = JsonDocument.Parse(body);
        return json.RootElement.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!;
    }

    private static (string Said, int Errors) ReadStream(string body)
    {
        var (said, errors) = ("", 0);
        foreach (var line in body.Split('\n').Where(line => line.StartsWith("data: {", StringComparison.Ordinal)))
        {
            using var json = JsonDocument.Parse(line[6..]);
            if (json.RootElement.TryGetProperty("error", out _))
                errors++;
            else if (json.RootElement.GetProperty("choices") is var choices && choices.GetArrayLength() > 0
                && choices[0].GetProperty("delta").TryGetProperty("content", out var content))
                said += content.GetString();
        }

        return (said, errors);
    }

    /// <summary>All targets fail, quickly.</summary>
    private async Task<(int Calls, long Upstream)> OutageAsync(TimeSpan duration)
    {
        ChaosMode[] quick = [ChaosMode.ServerError, ChaosMode.HtmlError, ChaosMode.ResetBeforeHeaders, ChaosMode.ErrorFirst];
        foreach (var target in _targets)
            target.Mode = quick[_script.Next(quick.Length)];
        var before = _tried.Sent;
        var calls = 0;
        using var over = new CancellationTokenSource(duration);
        await Task.WhenAll(Enumerable.Range(0, _clients).Select(async _ =>
        {
            while (!over.IsCancellationRequested)
            {
                Interlocked.Increment(ref calls);
                using var response = await _gateway.ChatAsync(Some.ChatRequest("any"));
                await response.Content.ReadAsByteArrayAsync();
            }
        }));
        return (calls, _tried.Sent - before);
    }

    /// <summary>All targets are healthy again; returns the number of those that answer.</summary>
    private async Task<int> RecoverAsync(TimeSpan duration)
    {
        foreach (var target in _targets)
            target.Mode = ChaosMode.Healthy;
        var answered = new ConcurrentDictionary<string, int>();
        using var over = new CancellationTokenSource(duration);
        while (!over.IsCancellationRequested && answered.Count < Targets)
        {
            using var response = await _gateway.ChatAsync(Some.ChatRequest("any"));
            if (response.IsSuccessStatusCode)
                answered.AddOrUpdate(response.Headers.GetValues("x-switchyard-provider").First(), 1, (_, count) => count + 1);
            await response.Content.ReadAsByteArrayAsync();
        }

        return answered.Count;
    }

    private async Task<IReadOnlyList<string>> LeaksAsync()
    {
        List<string> leaks = [];
        for (var i = 0; i < 100; i++)
        {
            leaks = [.. _targets.Where(target => target.Open != 0).Select(target => $"{target.Open} requests open at {target.Name}")];
            leaks.AddRange(_tried.Deployments.Where(deployment => deployment.State.InFlight != 0)
                .Select(deployment => $"{deployment.State.InFlight} attempts in flight at {deployment}"));
            if (leaks.Count == 0)
                break;
            await Task.Delay(50);
        }

        return leaks;
    }

    /// <summary>Records the tried deployments, whose counters are checked at the end, and the number of attempts that were
    /// sent.</summary>
    private sealed class TriedDeployments : IAttemptObserver
    {
        private readonly ConcurrentDictionary<Deployment, bool> _deployments = new();
        private long _sent;

        public IEnumerable<Deployment> Deployments => _deployments.Keys;

        public long Sent => Interlocked.Read(ref _sent);

        public void OnAttemptEnded(ModelCall call, Attempt attempt)
        {
            _deployments.TryAdd(attempt.Deployment, true);
            if (attempt.Outcome != AttemptOutcome.Refused)
                Interlocked.Increment(ref _sent);
        }
    }
}
