using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Configuration;
using Switchyard.Configuration.Runtime;
using Switchyard.TestKit;
using Xunit;
using GivenEngine = Switchyard.Tests.Client.Given;

namespace Switchyard.Tests.Configuration;

/// <summary>Run-time settings in a store: over a restart, and shared by several engines.</summary>
public sealed class KeptConfigurationTests
{
    private readonly FakeConfigurationStore _store = new();

    [Fact]
    public async Task What_was_set_outlives_the_process_and_so_does_its_history()
    {
        await using (var first = await StartAsync())
        {
            await UpdateAsync(first, "routing.strategy", "cost", "alice");
            await UpdateAsync(first, "strict", "true", "bob");
        }

        await using var second = await StartAsync();
        Assert.Equal(("cost", true), (second.Engine.Options.Routing.Strategy, second.Engine.Options.Strict));
        Assert.Equal(["bob", "alice"], second.Engine.Configuration.GetHistory().Select(version => version.Who));
        await second.Engine.Configuration.RollBackAsync(1, cancellationToken: Stop);
        Assert.False(second.Engine.Options.Strict);
        Assert.True(second.Engine.Configuration.IsKept);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Another_engine_follows(bool told)
    {
        _store.Tells = told;
        await using var one = await StartAsync();
        await using var two = await StartAsync();
        var followed = new TaskCompletionSource();
        two.Engine.Configuration.Changed += (_, _) => followed.TrySetResult();

        await UpdateAsync(one, "routing.strategy", "cost");
        await followed.Task.WaitAsync(TimeSpan.FromSeconds(30), Stop);

        Assert.Equal("cost", two.Engine.Options.Routing.Strategy);
        Assert.Equal(1, two.Engine.Configuration.Version);
    }

    [Fact]
    public async Task Of_changes_made_at_once_by_two_engines_none_is_lost()
    {
        await using var one = await StartAsync();
        await using var two = await StartAsync();

        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => UpdateAsync(i % 2 == 0 ? one : two, $"limits.mock/m{i}.rpm", $"{i + 1}")));

        await two.Engine.Configuration.UpdateAsync(new JsonObject { ["strict"] = "true" }, cancellationToken: Stop);
        Assert.Equal(20, two.Engine.Options.Limits.Count);
        Assert.Equal(21, _store.Versions.Count);
    }

    [Fact]
    public async Task A_secret_is_not_written_to_the_store_and_a_reference_is()
    {
        await using var given = await StartAsync();

        var refused = await Assert.ThrowsAsync<ConfigurationChangeException>(() => UpdateAsync(given, "providers.mock.key", "sk-in-clear"));
        await UpdateAsync(given, "providers.mock.key", "secret://mock");

        Assert.Equal("secret_not_kept", refused.Code);
        Assert.DoesNotContain("sk-in-clear", refused.Message + string.Concat(_store.Versions.Select(version => version.Document)));
        Assert.Contains("secret://mock", Assert.Single(_store.Versions).Document);
    }

    [Fact]
    public async Task While_the_store_is_away_what_is_in_force_stays_and_changes_are_refused_with_the_cause()
    {
        await using var given = await StartAsync();
        await UpdateAsync(given, "strict", "true");
        _store.IsAway = true;

        var refused = await Assert.ThrowsAsync<ConfigurationChangeException>(() => UpdateAsync(given, "strict", "false"));

        Assert.Equal((ConfigurationChangeFailure.Unavailable, true), (refused.Failure, given.Engine.Configuration.IsAway));
        Assert.DoesNotContain("db.internal", refused.Message + string.Concat(given.Log.GetSnapshot().Select(line => line.Message)));
        Assert.True(given.Engine.Options.Strict);
        _store.IsAway = false;
        await UpdateAsync(given, "strict", "false");
        Assert.False(given.Engine.Options.Strict);
        Assert.False(given.Engine.Configuration.IsAway);
    }

    [Fact]
    public async Task What_does_not_go_with_the_file_any_more_does_not_prevent_the_start()
    {
        await using (var first = await StartAsync(options => options.Models["fast"] = new() { Targets = [new() { Model = "mock/m" }] }))
            await UpdateAsync(first, "models.fast.strategy", "weighted");

        // Without the alias in the file, the run-time setting alone is an alias without targets.
        await using var second = await StartAsync();
        Assert.Contains("models.fast", second.Engine.Configuration.Problem);
        Assert.Equal(1, second.Engine.Configuration.Version);
        Assert.Contains(second.Log.GetSnapshot(), line => line.Message.Contains("does not fit the other settings"));
        await second.Engine.Configuration.ResetAsync(["models.fast"], cancellationToken: Stop);
        Assert.Null(second.Engine.Configuration.Problem);
    }

    [Fact]
    public async Task A_version_that_cannot_be_read_changes_nothing_and_is_logged()
    {
        var later = new StoredConfiguration
        {
            Version = 1,
            At = DateTimeOffset.UnixEpoch,
            Who = "a later version",
            Action = "update",
            Document = "{\"settings\":7}",
        };
        await _store.WriteAsync(later, Stop);

        await using var given = await StartAsync();

        Assert.Equal(1, given.Engine.Configuration.Version);
        Assert.Contains(given.Log.GetSnapshot(), line => line.Message.Contains("cannot be read"));
        await UpdateAsync(given, "strict", "true");
        Assert.Equal(2, given.Engine.Configuration.Version);
    }

    [Fact]
    public async Task A_store_that_was_set_back_by_a_restored_backup_is_followed_from_there()
    {
        await using var given = await StartAsync();
        await UpdateAsync(given, "routing.strategy", "cost");
        await UpdateAsync(given, "strict", "true");
        await UpdateAsync(given, "limits.mock.rpm", "7");
        _store.SetBackTo(1);

        var made = await UpdateAsync(given, "limits.mock.rpm", "9");

        Assert.Equal(2, made.Version);
        Assert.Equal(2, _store.Versions.Count);
        Assert.Equal(("cost", false), (given.Engine.Options.Routing.Strategy, given.Engine.Options.Strict));
        Assert.Equal(9L, given.Engine.Options.Limits["mock"].RequestsPerMinute);
        Assert.Equal([2, 1], given.Engine.Configuration.GetHistory().Select(version => version.Version));
    }

    [Fact]
    public async Task A_store_that_was_set_back_to_its_empty_state_has_no_settings_from_then_on()
    {
        await using var given = await StartAsync();
        await UpdateAsync(given, "strict", "true");
        _store.SetBackTo(0);

        var made = await UpdateAsync(given, "limits.mock.rpm", "9");

        Assert.Equal((1, false), (made.Version, given.Engine.Options.Strict));
        Assert.Equal([1], given.Engine.Configuration.GetHistory().Select(version => version.Version));
    }

    [Fact]
    public async Task A_store_that_was_set_back_does_not_take_the_last_administrator_away()
    {
        await using var given = await StartAsync(
            options => options.Admin.Keys["ops"] = new() { Key = "a-key-of-the-admin-api", Role = "viewer" });
        await UpdateAsync(given, "admin.keys.ops.role", "admin");
        _store.SetBackTo(0);

        var refused = await Assert.ThrowsAsync<ConfigurationChangeException>(() => UpdateAsync(given, "limits.mock.rpm", "9"));
        Assert.Contains("no one could undo", refused.Message, StringComparison.Ordinal);
        Assert.Equal("admin", given.Engine.Options.Admin.Keys["ops"].Role);
        Assert.Contains("no administrator", given.Engine.Configuration.Problem, StringComparison.Ordinal);
        Assert.Single(given.Log.GetSnapshot(), line => line.Message.Contains("no administrator", StringComparison.Ordinal));

        await UpdateAsync(given, "admin.keys.ops.role", "admin");
        await UpdateAsync(given, "limits.mock.rpm", "9");
        Assert.Equal(("admin", 9L), (given.Engine.Options.Admin.Keys["ops"].Role, given.Engine.Options.Limits["mock"].RequestsPerMinute));
        Assert.Null(given.Engine.Configuration.Problem);
    }

    [Fact]
    public async Task A_change_that_code_made_in_another_engine_may_take_the_last_administrator_away()
    {
        void Write(SwitchyardOptions options) => options.Admin.Keys["ops"] = new() { Key = "a-key-of-the-admin-api", Role = "viewer" };
        await using var one = await StartAsync(Write);
        await using var two = await StartAsync(Write);
        await UpdateAsync(one, "admin.keys.ops.role", "admin");
        await one.Engine.ApplyAsync(options => options.Admin.Keys["ops"].Role = "viewer", Stop);

        await UpdateAsync(two, "limits.mock.rpm", "9");

        Assert.Equal("viewer", two.Engine.Options.Admin.Keys["ops"].Role);
        Assert.Null(two.Engine.Configuration.Problem);
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private async Task<GivenEngine> StartAsync(Action<SwitchyardOptions>? configure = null)
    {
        var given = GivenEngine.AnEngine(
            options =>
            {
                configure?.Invoke(options);
                options.Providers["mock"] = new();
            },
            builder => builder.Services.AddSingleton<IConfigurationStore>(_store));
        await given.Engine.StartAsync(Stop);
        return given;
    }

    private static Task<ConfigurationVersion> UpdateAsync(GivenEngine given, string key, string value, string? who = null) =>
        given.Engine.Configuration.UpdateAsync(new Dictionary<string, string?> { [key] = value }, who, cancellationToken: Stop);
}
