using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Calls;
using Switchyard.Configuration.Runtime;
using Switchyard.Engine;
using Switchyard.TestKit;
using Switchyard.Tests.Client;
using Xunit;

namespace Switchyard.Tests.Engine;

/// <summary>A candidate configuration that a share of the calls runs on, until it is promoted or abandoned.</summary>
public sealed class CanaryTests
{
    private readonly FakeConfigurationStore _store = new();

    [Fact]
    public async Task A_share_of_the_calls_runs_on_the_candidate_the_same_ones_for_the_same_seed()
    {
        await using var given = await StartAsync();
        var made = await given.Engine.Configuration.StartCanaryAsync(Rival(), 0.25, seed: 7, "alice", cancellationToken: Stop);

        var answers = await AskAsync(given, 400);

        var expected = Enumerable.Range(1, 400).Select(number => CanaryGate.Takes(7, number, 0.25)).ToList();
        Assert.Equal(expected, answers.Select(answer => answer == "Yo"));
        Assert.InRange(expected.Count(taken => taken), 70, 130);
        var canary = given.Engine.Configuration.Canary!;
        Assert.Equal((0.25, 7), (canary.Share, canary.Seed));
        Assert.Equal((expected.Count(taken => taken), 0), (canary.Candidate.Calls, canary.Candidate.Failed));
        Assert.Equal(400, canary.Stable.Calls + canary.Candidate.Calls);
        Assert.Equal(["models.fast.targets"], canary.Changes.Select(change => change.Key));
        Assert.Equal(("canary", "alice"), (made.Action, made.Who));
        Assert.Equal(given.Engine.Snapshot.Generation + 1, canary.Generation);
    }

    [Fact]
    public async Task A_candidate_is_promoted_over_what_was_changed_meanwhile()
    {
        await using var given = await StartAsync();
        var configuration = given.Engine.Configuration;
        await configuration.StartCanaryAsync(Rival(), 0.5, seed: 1, cancellationToken: Stop);
        await configuration.UpdateAsync(new Dictionary<string, string?> { ["strict"] = "true" }, cancellationToken: Stop);
        Assert.NotNull(configuration.Canary);

        await configuration.PromoteCanaryAsync("bob", cancellationToken: Stop);

        Assert.Null(configuration.Canary);
        Assert.True(given.Engine.Options.Strict);
        Assert.All(await AskAsync(given, 20), answer => Assert.Equal("Yo", answer));
        var promoted = configuration.GetHistory()[0];
        Assert.Equal(("promote", "models.fast.targets"), (promoted.Action, Assert.Single(promoted.Changes).Key));
    }

    [Fact]
    public async Task A_candidate_is_given_another_share_and_abandoned()
    {
        await using var given = await StartAsync();
        var configuration = given.Engine.Configuration;
        await configuration.StartCanaryAsync(Rival(), 0.05, seed: 1, cancellationToken: Stop);
        await configuration.SetCanaryShareAsync(1, cancellationToken: Stop);
        Assert.All(await AskAsync(given, 20), answer => Assert.Equal("Yo", answer));

        await configuration.AbandonCanaryAsync(cancellationToken: Stop);

        Assert.All(await AskAsync(given, 20), answer => Assert.Equal("Hi", answer));
        Assert.Equal("acme/small", Assert.Single(given.Engine.Options.Models["fast"].Targets).Model);
        var none = await Assert.ThrowsAsync<ConfigurationChangeException>(() => configuration.PromoteCanaryAsync(cancellationToken: Stop));
        Assert.Equal((ConfigurationChangeFailure.NotFound, "no_canary"), (none.Failure, none.Code));
    }

    [Fact]
    public async Task A_call_ends_on_what_it_began_with_and_the_candidate_stays_over_a_reload()
    {
        await using var given = await StartAsync();
        await given.Engine.Configuration.StartCanaryAsync(Rival(), 1, seed: 1, cancellationToken: Stop);
        using var held = given.Engine.Hold();
        var candidate = held.Snapshot.Generation;

        await given.Engine.ApplyAsync(given.Engine.Options, Stop);
        await given.Engine.Configuration.AbandonCanaryAsync(cancellationToken: Stop);

        Assert.Equal(3, candidate);
        Assert.Equal(6, given.Engine.Snapshot.Generation);
        Assert.Equal("Hi", (await AskAsync(given, 1))[0]);
    }

    [Fact]
    public async Task A_candidate_that_breaks_calls_shows_it()
    {
        await using var given = await StartAsync(rival: new ScriptedClient(new HttpRequestException("The rival is down.")));
        await given.Engine.Configuration.StartCanaryAsync(Rival(), 1, seed: 1, cancellationToken: Stop);

        await Assert.ThrowsAnyAsync<Exception>(() => AskAsync(given, 1));

        Assert.Equal((1, 1), (given.Engine.Configuration.Canary!.Candidate.Calls, given.Engine.Configuration.Canary.Candidate.Failed));
    }

    [Theory]
    [InlineData("""{"providers.mock.weight":0.5}""", "applies to all calls at once")]
    [InlineData("""{"timeouts":{"connect":"1s"}}""", "timeouts.connect")]
    [InlineData("""{"cache.ttl":"1m"}""", "cache.ttl")]
    [InlineData("""{"models.fast.shadow.target":"mock/m"}""", "experiment or a shadow")]
    [InlineData("""{"routing.strategy":"random"}""", "routing.strategy")]
    [InlineData("{}", "nothing to try")]
    public async Task What_cannot_be_tried_is_refused_with_the_reason(string settings, string reason)
    {
        await using var given = await StartAsync();

        var refused = await Assert.ThrowsAsync<ConfigurationChangeException>(() => given.Engine.Configuration.StartCanaryAsync(
            JsonNode.Parse(settings)!.AsObject(), 0.1, cancellationToken: Stop));

        Assert.Contains(reason, refused.Message);
        Assert.Null(given.Engine.Configuration.Canary);
        await Assert.ThrowsAsync<ConfigurationChangeException>(
            () => given.Engine.Configuration.StartCanaryAsync(Rival(), 1.5, cancellationToken: Stop));
    }

    [Fact]
    public async Task Other_engines_try_it_too_and_so_does_one_that_starts_later()
    {
        await using var one = await StartAsync(shared: true);
        await one.Engine.Configuration.StartCanaryAsync(Rival(), 1, seed: 1, cancellationToken: Stop);

        await using var two = await StartAsync(shared: true);

        Assert.Equal(["Yo"], await AskAsync(two, 1));
        Assert.Equal(1, two.Engine.Configuration.Canary?.Share);
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static JsonObject Rival() => new() { ["models.fast.targets"] = new JsonArray("rival/large") };

    private static async Task<List<string>> AskAsync(Given given, int count)
    {
        var answers = new List<string>();
        for (var i = 0; i < count; i++)
            answers.Add((await given.Chat.GetResponseAsync("Hello", new ChatOptions { ModelId = "fast" }, Stop)).Text);
        return answers;
    }

    private async Task<Given> StartAsync(IChatClient? rival = null, bool shared = false)
    {
        var given = Given.AnEngineWith(
            new ScriptedClient("Hi"),
            options => options.Models["fast"] = new() { Targets = [new() { Model = "acme/small" }] },
            builder =>
            {
                builder.AddProvider("rival", rival ?? new ScriptedClient("Yo"), null, "large");
                if (shared)
                    builder.Services.AddSingleton<IConfigurationStore>(_store);
            });
        await given.Engine.StartAsync(Stop);
        return given;
    }
}
