using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Switchyard.Configuration;
using Switchyard.Configuration.Reload;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.EndToEnd.Tests;

/// <summary>The configuration changes under load.</summary>
public sealed class ReloadTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("switchyard-reload-");

    private string File => Path.Combine(_folder.FullName, "switchyard.yaml");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task No_request_fails_while_the_file_leads_an_alias_elsewhere_and_back(bool stream, bool takesProvidersAway)
    {
        await using var left = await AnsweringAsync("left");
        await using var right = await AnsweringAsync("right");
        await using var gateway = await GatewayHost.StartAsync();
        var log = new FakeLogger();
        await WriteBothAsync("left");
        await using var watcher = Watch(gateway, log);
        Assert.True((await watcher.ReloadAsync()).Applied);

        using var enough = new CancellationTokenSource();
        var seen = new ConcurrentBag<(string Provider, long Generation)>();
        var clients = Enumerable.Range(0, 8).Select(_ => HammerAsync(gateway, stream, seen, enough.Token)).ToArray();
        for (var round = 0; round < 15; round++)
        {
            var useLeft = round % 2 == 1;
            await WriteBothAsync(useLeft ? "left" : "right");
            var outcome = await watcher.ReloadAsync();
            Assert.True(outcome.Applied, outcome.Reason);
            // Eight calls at most began before.
            var before = seen.Count;
            while (seen.Count < before + 16 && !clients.Any(client => client.IsFaulted))
                await Task.Yield();
        }

        await enough.CancelAsync();
        await Task.WhenAll(clients);

        Assert.Contains(seen, answer => answer.Provider == "left");
        Assert.Contains(seen, answer => answer.Provider == "right");
        Assert.True(seen.Select(answer => answer.Generation).Distinct().Count() > 10, "too few configurations were seen");
        Assert.True(seen.Max(answer => answer.Generation) > 15);
        Assert.DoesNotContain(gateway.Log.Lines, line => line.Level >= LogLevel.Error);

        Task WriteBothAsync(string used) => takesProvidersAway
            ? WriteAsync(used == "left" ? left : right, used)
            : WriteAsync(used, ("left", left), ("right", right));
    }

    [Fact]
    public async Task A_call_that_is_under_way_ends_on_the_configuration_it_began_on()
    {
        await using var left = await FakeUpstream.StartAsync();
        await using var right = await AnsweringAsync("right");
        await using var gateway = await GatewayHost.StartAsync(options =>
        {
            options.Providers["left"] = new ProviderOptions { BaseUrl = left.BaseUrl };
            options.Models["fast"] = Alias("left");
        });
        var go = new TaskCompletionSource();
        left.Then(async http =>
        {
            http.Response.ContentType = "text/event-stream";
            await http.Response.WriteAsync(string.Concat(Some.ChatStream()[..2]));
            await http.Response.Body.FlushAsync();
            await go.Task;
            await http.Response.WriteAsync(string.Concat(Some.ChatStream()[2..]));
        });

        using var response = await gateway.ChatAsync(Some.ChatRequest("fast", stream: true));
        await gateway.Engine.ApplyAsync(new SwitchyardOptions
        {
            AutoEnable = false,
            Providers = { ["right"] = new ProviderOptions { BaseUrl = right.BaseUrl } },
            Models = { ["fast"] = Alias("right") },
        });
        using var next = await gateway.ChatAsync(Some.ChatRequest("fast"));
        go.SetResult();

        Assert.Equal(string.Concat(Some.ChatStream()), await response.Content.ReadAsStringAsync());
        Assert.Equal("1", response.Headers.GetValues("x-switchyard-config").Single());
        Assert.Equal("right", next.Headers.GetValues("x-switchyard-provider").Single());
        Assert.Equal("2", next.Headers.GetValues("x-switchyard-config").Single());
    }

    [Fact]
    public async Task A_call_that_is_under_way_still_falls_back_to_a_provider_that_was_taken_away_meanwhile()
    {
        await using var slow = await FakeUpstream.StartAsync();
        await using var spare = await AnsweringAsync("spare");
        await using var gateway = await GatewayHost.StartAsync(options =>
        {
            options.Providers["slow"] = new ProviderOptions { BaseUrl = slow.BaseUrl };
            options.Providers["spare"] = new ProviderOptions { BaseUrl = spare.BaseUrl };
            options.Models["fast"] =
                new ModelRouteOptions { Targets = [new() { Model = "slow/any" }], Fallback = [new() { Model = "spare/any" }] };
        });
        var (asked, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        slow.Then(async http =>
        {
            asked.SetResult();
            await go.Task;
            http.Response.StatusCode = 503;
        });

        var running = gateway.ChatAsync(Some.ChatRequest("fast"));
        await asked.Task;
        await gateway.Engine.ApplyAsync(new SwitchyardOptions
        {
            AutoEnable = false,
            Providers = { ["slow"] = new ProviderOptions { BaseUrl = slow.BaseUrl } },
            Models = { ["fast"] = Alias("slow") },
        });
        go.SetResult();
        using var response = await running;

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal("spare", response.Headers.GetValues("x-switchyard-provider").Single());
        Assert.Equal("1", response.Headers.GetValues("x-switchyard-config").Single());
    }

    [Fact]
    public async Task An_invalid_file_leaves_the_old_configuration_in_force_and_says_which_line_is_wrong()
    {
        await using var left = await AnsweringAsync("left");
        await using var gateway = await GatewayHost.StartAsync();
        var log = new FakeLogger();
        await WriteAsync(left, "left");
        await using var watcher = Watch(gateway, log);
        await watcher.ReloadAsync();

        await System.IO.File.WriteAllTextAsync(
            File, "providers:\n  left: { base_url: \"http://127.0.0.1:1/v1\" }\nmodels:\n  fast: { targets: [ lefft/any ] }\n");
        var outcome = await watcher.ReloadAsync();
        using var response = await gateway.ChatAsync(Some.ChatRequest("fast"));

        Assert.False(outcome.Applied);
        Assert.Equal(2, outcome.Generation);
        Assert.Contains("a problem", outcome.Reason, StringComparison.Ordinal);
        var problem = Assert.Single(log.Collector.Lines, line => line.Text.Contains("switchyard.yaml:", StringComparison.Ordinal));
        Assert.Equal(LogLevel.Error, problem.Level);
        Assert.Contains(":4:", problem.Text, StringComparison.Ordinal);
        Assert.Contains("left", problem.Text, StringComparison.Ordinal);
        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal("2", response.Headers.GetValues("x-switchyard-config").Single());
    }

    [Covers("S001-61")]
    [Fact]
    public async Task A_changed_file_is_noticed()
    {
        await using var left = await AnsweringAsync("left");
        await using var right = await AnsweringAsync("right");
        await using var gateway = await GatewayHost.StartAsync();
        await WriteAsync(left, "left");
        await using var watcher = Watch(gateway, new FakeLogger());
        await watcher.ReloadAsync();
        watcher.Start();

        await WriteAsync(right, "right");

        using var tooLong = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (gateway.Engine.Snapshot.Generation < 3)
            await Task.Delay(20, tooLong.Token);
        using var response = await gateway.ChatAsync(Some.ChatRequest("fast"));
        Assert.Equal("right", response.Headers.GetValues("x-switchyard-provider").Single());
    }

    private static async Task HammerAsync(GatewayHost gateway, bool stream, ConcurrentBag<(string, long)> seen, CancellationToken enough)
    {
        while (!enough.IsCancellationRequested)
        {
            using var response = await gateway.ChatAsync(Some.ChatRequest("fast", stream: stream));
            var text = await response.Content.ReadAsStringAsync(CancellationToken.None);
            Assert.True(response.IsSuccessStatusCode, text);
            var provider = response.Headers.GetValues("x-switchyard-provider").Single();
            Assert.Contains($"I am {provider}", text, StringComparison.Ordinal);
            seen.Add((provider, long.Parse(response.Headers.GetValues("x-switchyard-config").Single(), CultureInfo.InvariantCulture)));
        }
    }

    private static async Task<FakeUpstream> AnsweringAsync(string name)
    {
        var upstream = await FakeUpstream.StartAsync();
        upstream.Then((http, seen) =>
        {
            var stream = seen.Text.Contains("\"stream\":true", StringComparison.Ordinal);
            http.Response.ContentType = stream ? "text/event-stream" : "application/json";
            var answer = stream
                ? Some.Chunk($$"""{"role":"assistant","content":"I am {{name}}"}""") + Some.Chunk("{}", "\"stop\"") + Some.Done
                : Some.ChatCompletion($"I am {name}");
            return http.Response.WriteAsync(answer);
        });
        return upstream;
    }

    private static ModelRouteOptions Alias(string provider) => new() { Targets = [new TargetOptions { Model = $"{provider}/any" }] };

    private Task WriteAsync(FakeUpstream upstream, string name) => WriteAsync(name, (name, upstream));

    private Task WriteAsync(string used, params (string Name, FakeUpstream Upstream)[] providers)
    {
        var lines = string.Concat(providers.Select(one => $"  {one.Name}: {{ base_url: \"{one.Upstream.BaseUrl}\" }}\n"));
        return System.IO.File.WriteAllTextAsync(
            File, $"auto_enable: false\nproviders:\n{lines}models:\n  fast: {{ targets: [ {used}/any ] }}\n");
    }

    private ConfigurationWatcher Watch(GatewayHost gateway, FakeLogger log) => new(
        () => new ConfigurationRequest { File = File, Environment = new Dictionary<string, string>(), IsKnownProvider = _ => false },
        gateway.Engine.Snapshot.Generation,
        gateway.Engine.ApplyAsync,
        log)
    {
        Debounce = TimeSpan.FromMilliseconds(20),
        PollInterval = TimeSpan.FromMilliseconds(100),
    };
}
