using System.Text.Json.Nodes;
using Switchyard.Configuration;
using Switchyard.Configuration.Runtime;
using Switchyard.Engine;
using Switchyard.TestKit;
using Xunit;
using GivenEngine = Switchyard.Tests.Client.Given;

namespace Switchyard.Tests.Configuration;

/// <summary>Settings changed while the engine runs: single ones, all of a change or none, with history and roll-back.</summary>
public sealed class RuntimeConfigurationTests
{
    [Covers("S003-33", "S003-35")]
    [Fact]
    public async Task A_partial_update_changes_what_it_names_and_nothing_else_from_the_next_call_on()
    {
        await using var given = await StartAsync(options => options.Routing.Queue = 7);
        var before = given.Engine.Snapshot;

        var made = await given.Engine.Configuration.UpdateAsync(
            new Dictionary<string, string?>
            {
                ["cache.enabled"] = "true",
                ["cache.ttl"] = "2h",
                ["routing.fallback"] = "false",
                ["routing.max_fallbacks"] = "5",
                ["budgets.daily.usd"] = "25",
                ["budgets.daily.period"] = "day",
                ["timeouts.total"] = "30s",
                ["circuit.failures"] = "9",
            },
            "alice", cancellationToken: Stop);
        await given.Engine.Configuration.UpdateAsync(
            new JsonObject { ["routing"] = new JsonObject { ["preferred"] = new JsonArray("mock") } }, cancellationToken: Stop);

        var options = given.Engine.Configuration.Get();
        Assert.Equal((true, TimeSpan.FromHours(2), 1000), (options.Cache!.Enabled, options.Cache.Ttl, options.Cache.MaxEntries));
        Assert.Equal((false, 5, 7, "priority"),
            (options.Routing.Fallback, options.Routing.MaxFallbacks, options.Routing.Queue, options.Routing.Strategy));
        Assert.Equal((25m, "day", "strict"), (options.Budgets.Named["daily"].Usd, options.Budgets.Named["daily"].Period,
            options.Budgets.Named["daily"].Mode));
        Assert.Equal(["mock"], options.Routing.Preferred);
        Assert.Equal(9, options.Circuit.Failures);
        Assert.Equal(TimeSpan.FromSeconds(30), given.Engine.Snapshot.Clocks.Total);
        Assert.NotEqual(TimeSpan.FromSeconds(30), before.Clocks.Total);
        Assert.Equal((1, "alice", "update"), (made.Version, made.Who, made.Action));
    }

    [Covers("S003-34")]
    [Fact]
    public async Task Without_a_word_the_strategy_is_priority_with_fallback_and_the_numbers_of_the_design_hold()
    {
        await using var given = await StartAsync();
        var described = given.Engine.Configuration.Describe().ToDictionary(setting => setting.Key);

        Assert.Equal("priority", (string?)described["routing.strategy"].Value);
        Assert.Equal("true", (string?)described["routing.fallback"].Value);
        Assert.Equal("3", (string?)described["routing.max_fallbacks"].Value);
        Assert.Equal("10m", (string?)described["timeouts.total"].Value);
        Assert.Equal("true", (string?)described["telemetry.metrics"].Value);
        Assert.Equal(ConfigurationSource.Default, described["routing.strategy"].Source);
        var cache = new CacheOptions();
        Assert.Equal((TimeSpan.FromHours(1), 1000, true), (cache.Ttl, cache.MaxEntries, cache.Enabled));
    }

    [Theory]
    [InlineData("models.nowhere", "There is no entry 'models.nowhere'.")]
    [InlineData("budgets.nowhere", "There is no entry 'budgets.nowhere'.")]
    [InlineData("budgets.statos", "There is no entry 'budgets.statos'.")]
    [InlineData("budgets.status", null)]
    [InlineData("budgets", null)]
    [InlineData("models", null)]
    public async Task A_key_that_describes_nothing_is_explained_if_it_names_no_entry(string key, string? expected)
    {
        await using var given = await StartAsync();

        Assert.Equal(expected, given.Engine.Configuration.ExplainUnknown(key));
    }

    [Fact]
    public async Task One_bad_key_among_ten_changes_nothing_and_every_problem_is_named()
    {
        await using var given = await StartAsync();
        var settings = Enumerable.Range(0, 8).ToDictionary(i => $"limits.mock/m{i}.rpm", string? (i) => $"{i + 1}");
        settings["cache.tll"] = "2h";
        settings["timeouts.total"] = "soon";
        settings["routing.strategy"] = "random";
        settings["server.urls"] = "http://127.0.0.1:1";

        var refused = await Assert.ThrowsAsync<ConfigurationChangeException>(
            () => given.Engine.Configuration.UpdateAsync(settings, cancellationToken: Stop));

        Assert.Equal((ConfigurationChangeFailure.Invalid, "invalid_configuration"), (refused.Failure, refused.Code));
        Assert.Contains(refused.Problems, problem => problem.Contains("cache.tll") && problem.Contains("did you mean 'ttl'"));
        Assert.Contains(refused.Problems, problem => problem.Contains("timeouts.total") && problem.Contains("soon"));
        Assert.Contains(refused.Problems, problem => problem.Contains("routing.strategy"));
        Assert.Contains(refused.Problems, problem => problem.Contains("server.urls") && problem.Contains("restart"));
        Assert.Equal(4, refused.Problems.Count);
        Assert.Empty(given.Engine.Options.Limits);
        Assert.Equal((0, 1), (given.Engine.Configuration.Version, given.Engine.Snapshot.Generation));
    }

    [Covers("S003-36")]
    [Fact]
    public async Task What_is_handed_out_is_a_copy()
    {
        await using var given = await StartAsync();
        var copy = given.Engine.Configuration.Get();
        copy.Routing.Strategy = "cost";
        copy.Providers.Clear();

        Assert.Equal("priority", given.Engine.Configuration.Get().Routing.Strategy);
        Assert.NotEmpty(given.Engine.Configuration.Get().Providers);
    }

    [Covers("S003-33")]
    [Theory]
    [InlineData("limits.opnai.rpm", "\"5\"")]
    [InlineData("budgets.daily", """{"usd":"5","provider":"opnai"}""")]
    [InlineData("models.fast.targets", """["opnai/gpt-4o"]""")]
    [InlineData("prices.opnai/gpt-4o", """{"input":"1","output":"2"}""")]
    [InlineData("routing.preferred", """["opnai"]""")]
    [InlineData("default_provider", "\"opnai\"")]
    public async Task A_provider_that_does_not_exist_is_refused_as_in_a_file(string key, string value)
    {
        await using var given = await StartAsync();

        var refused = await Assert.ThrowsAsync<ConfigurationChangeException>(() => UpdateAsync(given, key, JsonNode.Parse(value)));

        Assert.Contains("neither configured nor in the catalogue", refused.Message);
        Assert.Contains("openai", refused.Message);
        Assert.Equal(0, given.Engine.Configuration.Version);
    }

    [Fact]
    public async Task A_provider_that_code_names_before_it_adds_it_keeps_no_other_setting_from_being_changed()
    {
        await using var given = await StartAsync(options => options.Limits["later"] = new() { RequestsPerMinute = 5 });

        await UpdateAsync(given, "routing.strategy", "cost");

        Assert.Equal("cost", given.Engine.Options.Routing.Strategy);
    }

    [Fact]
    public async Task Names_with_dots_colons_and_slashes_are_found()
    {
        await using var given = await StartAsync();
        await given.Engine.Configuration.UpdateAsync(
            new Dictionary<string, string?> { ["prices.openai/gpt-4.1.input"] = "2", ["prices.openai/gpt-4.1.output"] = "8" },
            cancellationToken: Stop);
        await UpdateAsync(given, "models.llama3:8b", new JsonObject
        {
            ["strategy"] = "weighted",
            ["targets"] = new JsonArray("mock/echo", new JsonObject { ["model"] = "mock/two", ["weight"] = 3 }),
        });
        await UpdateAsync(given, "models.v1.5", new JsonObject { ["targets"] = new JsonArray("mock/echo") });
        await UpdateAsync(given, "models.v1.5.strategy", "cost");

        var options = given.Engine.Options;
        Assert.Equal((2m, 8m), (options.Prices.Models["openai/gpt-4.1"].Input, options.Prices.Models["openai/gpt-4.1"].Output));
        Assert.Equal(["mock/echo", "mock/two"], options.Models["llama3:8b"].Targets.Select(target => target.Model));
        Assert.Equal(3, options.Models["llama3:8b"].Targets[1].Weight);
        Assert.Equal("cost", options.Models["v1.5"].Strategy);
    }

    [Fact]
    public async Task The_history_leads_back()
    {
        await using var given = await StartAsync(options => options.Limits["mock"] = new() { RequestsPerMinute = 60 });
        var configuration = given.Engine.Configuration;
        await UpdateAsync(given, "routing.strategy", "cost");
        await UpdateAsync(given, "limits.mock.rpm", "10");
        await configuration.UpdateAsync(new JsonObject { ["limits.mock"] = null }, "bob", cancellationToken: Stop);
        Assert.Empty(given.Engine.Options.Limits);

        await configuration.RollBackAsync(2, "carol", cancellationToken: Stop);
        Assert.Equal(10, given.Engine.Options.Limits["mock"].RequestsPerMinute);
        await configuration.ResetAsync(["limits"], cancellationToken: Stop);
        Assert.Equal((60, "cost"), (given.Engine.Options.Limits["mock"].RequestsPerMinute, given.Engine.Options.Routing.Strategy));
        await configuration.ResetAsync(cancellationToken: Stop);

        Assert.Equal("priority", given.Engine.Options.Routing.Strategy);
        Assert.Equal(
            ["reset", "reset", "rollback", "update", "update", "update"], configuration.GetHistory().Select(version => version.Action));
        var changes = configuration.GetHistory().Single(version => version.Version == 2).Changes;
        Assert.Equal("limits.mock.rpm: 60 to 10", Assert.Single(changes.Select(Text)));
        Assert.Equal(["limits.mock.rpm:  to 10", "routing.strategy:  to cost"], configuration.Diff(0, 2).Select(Text));
        var lost = await Assert.ThrowsAsync<ConfigurationChangeException>(() => configuration.RollBackAsync(99, cancellationToken: Stop));
        Assert.Equal((ConfigurationChangeFailure.NotFound, "version_not_found"), (lost.Failure, lost.Code));
    }

    [Fact]
    public async Task A_change_that_expects_another_version_changes_nothing()
    {
        await using var given = await StartAsync();
        await UpdateAsync(given, "strict", "true");

        var moved = await Assert.ThrowsAsync<ConfigurationChangeException>(() => given.Engine.Configuration.UpdateAsync(
            new Dictionary<string, string?> { ["strict"] = "false" }, "bob", expectedVersion: 0, Stop));

        Assert.Equal(ConfigurationChangeFailure.Moved, moved.Failure);
        Assert.True(given.Engine.Options.Strict);
        var same = await given.Engine.Configuration.UpdateAsync(
            new Dictionary<string, string?> { ["strict"] = "true" }, "bob", expectedVersion: 1, Stop);
        Assert.Equal(1, same.Version);
    }

    [Fact]
    public async Task A_reload_keeps_what_was_set_at_run_time_over_it()
    {
        await using var given = await StartAsync(options => options.Routing.MaxFallbacks = 1);
        await UpdateAsync(given, "routing.strategy", "cost");
        var file = new SwitchyardOptions { AutoEnable = false, Routing = { MaxFallbacks = 2, Strategy = "weighted" } };
        file.Providers["mock"] = new();

        Assert.True((await given.Engine.ApplyAsync(file, Stop)).Applied);

        Assert.Equal(("cost", 2), (given.Engine.Options.Routing.Strategy, given.Engine.Options.Routing.MaxFallbacks));
        await given.Engine.Configuration.ResetAsync(cancellationToken: Stop);
        Assert.Equal("weighted", given.Engine.Options.Routing.Strategy);
    }

    [Fact]
    public async Task A_limit_or_a_cache_changed_in_code_is_in_the_history_and_stays_over_a_reload()
    {
        await using var given = await StartAsync();
        await given.Engine.Limits.SetLimitAsync("mock", new() { RequestsPerMinute = 1000 }, cancellationToken: Stop);
        await given.Engine.Cache.UpdateAsync(cache => cache.MaxEntries = 5000, cancellationToken: Stop);
        var file = new SwitchyardOptions { AutoEnable = false };
        file.Providers["mock"] = new();
        await given.Engine.ApplyAsync(file, Stop);

        Assert.Equal(1000, given.Engine.Options.Limits["mock"].RequestsPerMinute);
        Assert.Equal((5000, false), (given.Engine.Options.Cache!.MaxEntries, given.Engine.Options.Cache.Enabled));
        Assert.Equal(["code", "code"], given.Engine.Configuration.GetHistory().Select(version => version.Who));
    }

    [Fact]
    public async Task A_change_in_code_that_says_by_whom_it_is_stands_in_the_history_as_theirs()
    {
        await using var given = await StartAsync();
        await given.Engine.Limits.SetLimitAsync("mock", new() { RequestsPerMinute = 1000 }, "ann", Stop);
        await given.Engine.Cache.UpdateAsync(cache => cache.MaxEntries = 5000, "bob", Stop);
        await given.Engine.Cache.SetEnabledAsync(true, "cid", Stop);
        await given.Engine.ApplyAsync(options => options.Strict = true, "dan", Stop);
        await given.Engine.ApplyAsync(options => options.Strict = false, Stop);

        Assert.Equal(
            [("code", "code"), ("dan", "update"), ("cid", "update"), ("bob", "update"), ("ann", "update")],
            given.Engine.Configuration.GetHistory().Select(version => (version.Who, version.Action)));
        Assert.EndsWith("by ann", Assert.Single(given.Engine.Configuration.Describe("limits.mock.rpm")).Origin, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_masked_secret_that_comes_back_keeps_the_one_in_force()
    {
        await using var given = await StartAsync(options =>
        {
            options.Providers["house"] = new() { Type = "mock", Key = "sk-very-secret", Headers = { ["x-a"] = "secret-header" } };
            options.Providers["two"] = new()
            {
                Type = "mock",
                Keys = [new() { Key = "sk-first" }, new() { Key = "sk-second", Weight = 2 }],
            };
        });
        var configuration = given.Engine.Configuration;
        var exported = configuration.Export();
        Assert.DoesNotContain("sk-", exported);
        Assert.DoesNotContain("secret-header", exported);

        await configuration.ImportAsync(exported, cancellationToken: Stop);
        Assert.Equal(0, configuration.Version);
        await configuration.UpdateAsync(exported.Replace("weight: 2", "weight: 3", StringComparison.Ordinal), cancellationToken: Stop);

        var options = given.Engine.Options;
        Assert.Equal(("sk-very-secret", "secret-header"), (options.Providers["house"].Key, options.Providers["house"].Headers["x-a"]));
        Assert.Equal(["sk-first", "sk-second"], options.Providers["two"].Keys.Select(key => key.Key));
        Assert.Equal(3, options.Providers["two"].Keys[1].Weight);
        var lost = await Assert.ThrowsAsync<ConfigurationChangeException>(() => UpdateAsync(given, "providers.other.key", "********"));
        Assert.Contains("masked", lost.Message);
        await UpdateAsync(given, "providers.house.key", "sk-another-secret");
        Assert.Equal("sk-another-secret", given.Engine.Options.Providers["house"].Key);
        var told = string.Join(' ', configuration.GetHistory().SelectMany(version => version.Changes).Select(Text));
        Assert.Contains("providers.house.key", told);
        Assert.DoesNotContain("sk-", told + string.Join(' ', configuration.Diff(0, configuration.Version).Select(Text)));
    }

    [Fact]
    public async Task Each_value_says_where_it_comes_from()
    {
        using var file = Given.Yaml(
            """
            auto_enable: false
            providers:
              mock: { key: "${MOCK_KEY}" }
            routing:
              strategy: weighted
            """).With("MOCK_KEY", "sk-of-the-variable").With("SWITCHYARD__routing__queue", "9").Set("strict=true");
        var loaded = file.Options();
        await using var given = GivenEngine.AnEngine(options => Switchyard.Configuration.Binding.OptionsCopy.CopyTo(loaded, options));
        await given.Engine.StartAsync(Stop);
        await UpdateAsync(given, "cache.ttl", "2h");

        var described = given.Engine.Configuration.Describe().ToDictionary(setting => setting.Key);
        Assert.Equal((ConfigurationSource.File, "switchyard.yaml:5"), Origin("routing.strategy"));
        Assert.Equal((ConfigurationSource.Environment, "environment variable SWITCHYARD__routing__queue"), Origin("routing.queue"));
        Assert.Equal((ConfigurationSource.CommandLine, "--set strict"), Origin("strict"));
        Assert.Equal((ConfigurationSource.RunTime, "version 1 by code"), Origin("cache.ttl"));
        Assert.Equal(ConfigurationSource.Default, Origin("timeouts.idle").Source);
        Assert.Equal("${MOCK_KEY}", (string?)described["providers.mock.key"].Value);
        Assert.Contains("${MOCK_KEY}", given.Engine.Configuration.Export());
        Assert.Single(given.Engine.Configuration.Describe("routing.strategy"));

        (ConfigurationSource Source, string) Origin(string key) => (described[key].Source, described[key].Origin);
    }

    [Fact]
    public async Task Keys_of_names_that_begin_alike_are_whole_so_that_each_has_its_own_source()
    {
        await using var given = await StartAsync();
        var longName = new string('n', 120);
        await SetAsync("models.gpt (old).targets", "alice");
        await SetAsync("models.gpt (new).targets", "bob");
        await SetAsync($"models.{longName}.targets", "carol");

        var described = given.Engine.Configuration.Describe("models").Where(setting => setting.Source == ConfigurationSource.RunTime)
            .ToDictionary(setting => setting.Key, setting => setting.Origin);

        Assert.Equal("version 1 by alice", described["models.gpt (old).targets"]);
        Assert.Equal("version 2 by bob", described["models.gpt (new).targets"]);
        Assert.Equal("version 3 by carol", described[$"models.{longName}.targets"]);
        Assert.Equal("models.gpt (new).targets", Assert.Single(given.Engine.Configuration.Diff(1, 2)).Key);

        Task<ConfigurationVersion> SetAsync(string key, string who) => given.Engine.Configuration.UpdateAsync(
            new Dictionary<string, string?> { [key] = "mock/mock-model-v1" }, who, cancellationToken: Stop);
    }

    [Fact]
    public async Task A_listener_gets_each_change_and_cannot_break_anything()
    {
        await using var given = await StartAsync();
        var told = new List<ConfigurationChanged>();
        given.Engine.Configuration.Changed += (_, _) => throw new InvalidOperationException("A listener of the host fails.");
        given.Engine.Configuration.Changed += (_, changed) => told.Add(changed);

        await UpdateAsync(given, "strict", "true");

        var only = Assert.Single(told);
        Assert.Equal((2, 1), (only.Generation, only.Version));
        Assert.Equal("strict: false to true", Text(Assert.Single(only.Changes)));
        Assert.Contains(given.Log.GetSnapshot(), line => line.Message == "A listener of the configuration failed");
    }

    [Fact]
    public async Task What_takes_the_client_keys_away_is_refused()
    {
        await using var given = await StartAsync(options => options.Server.Keys = ["a-client-key-of-length"]);

        var refused = await Assert.ThrowsAsync<ConfigurationChangeException>(() => UpdateAsync(given, "server.keys", new JsonArray()));

        Assert.Contains("never opens a gateway", refused.Message);
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static async Task<GivenEngine> StartAsync(Action<SwitchyardOptions>? configure = null)
    {
        var given = GivenEngine.AnEngine(options =>
        {
            configure?.Invoke(options);
            options.Providers.TryAdd("mock", new());
        });
        await given.Engine.StartAsync(Stop);
        return given;
    }

    private static Task<ConfigurationVersion> UpdateAsync(GivenEngine given, string key, JsonNode? value) =>
        given.Engine.Configuration.UpdateAsync(new JsonObject { [key] = value }, cancellationToken: Stop);

    private static string Text(ConfigurationChange change) => $"{change.Key}: {change.Before} to {change.After}";
}
