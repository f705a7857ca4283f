using System.Collections.Concurrent;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Plugins;
using Switchyard.TestKit;
using Switchyard.Tests.Client;
using Xunit;

namespace Switchyard.Tests.Plugins;

/// <summary>A plugin's failure affects only its call, according to the plugin's policy.</summary>
public sealed class PluginIsolationTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("throw")]
    [InlineData("throw after")]
    [InlineData("block")]
    [InlineData("block after")]
    [InlineData("dispose")]
    [InlineData("none")]
    public async Task An_open_plugin_that_fails_is_left_out_of_the_call(string act)
    {
        using var gate = new TestGate();
        await using var given = await LoadAsync(act, gate, "open");

        Assert.Equal("Hi", await PluginTests.AskAsync(given, "acme/small"));

        var plugin = given.Engine.Plugins.List()[0];
        Assert.Equal((1, 1), (plugin.Failures, plugin.FailuresInARow));
        Assert.Equal(act.StartsWith("block", StringComparison.Ordinal) ? 1 : 0, plugin.Timeouts);
        Assert.Contains(
            given.Log.Lines, line => line.Text.StartsWith("Plugin mine@1: its step around calls ", StringComparison.Ordinal)
                && line.Text.EndsWith("calls continue without it", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("throw")]
    [InlineData("throw after")]
    [InlineData("block")]
    [InlineData("block after")]
    [InlineData("dispose")]
    public async Task A_closed_plugin_that_fails_refuses_the_call_by_its_name(string act)
    {
        using var gate = new TestGate();
        await using var given = await LoadAsync(act, gate, "closed");

        var refused = await Assert.ThrowsAsync<CallException>(() => PluginTests.AskAsync(given, "acme/small"));

        Assert.Equal(
            (CallErrorKind.PluginFailed, 503, "plugin_failed"), (refused.Error.Kind, refused.Error.Status, refused.Error.WireCode));
        Assert.StartsWith("Plugin 'mine@1' failed, and calls are refused without it.", refused.Message, StringComparison.Ordinal);
        Assert.Contains("set plugins.use.mine.on_failure to 'open'", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("sk-secret", refused.Message, StringComparison.Ordinal);
        Assert.Equal(CallOutcome.Failed, given.Ended[^1].Outcome);
    }

    [Fact]
    public async Task A_plugin_that_refuses_a_call_has_not_failed()
    {
        await using var given = await LoadAsync("refuse", null, "open");

        var refused = await Assert.ThrowsAsync<CallException>(() => PluginTests.AskAsync(given, "acme/small"));

        Assert.Equal((CallErrorKind.Forbidden, "Not on a Sunday."), (refused.Error.Kind, refused.Message));
        Assert.Equal(0, given.Engine.Plugins.List()[0].Failures);
    }

    [Fact]
    public async Task A_step_may_run_the_rest_again()
    {
        await using var given = await LoadAsync("twice", null, "closed");

        Assert.Equal("Hi", await PluginTests.AskAsync(given, "acme/small"));
        Assert.Equal(2, given.Ended[^1].Attempts.Count);
    }

    [Fact]
    public async Task What_fails_without_the_plugins_doing_is_not_its_failure()
    {
        await using var given = await LoadAsync("", null, "closed");

        var failed = await Assert.ThrowsAsync<CallException>(() => PluginTests.AskAsync(given, "nobody/small"));

        Assert.Equal(CallErrorKind.ModelNotFound, failed.Error.Kind);
        Assert.Equal(0, given.Engine.Plugins.List()[0].Failures);
    }

    [Theory]
    [InlineData("open")]
    [InlineData("closed")]
    public async Task After_too_many_failures_in_a_row_it_is_switched_off_until_it_is_switched_on(string policy)
    {
        await using var given = await LoadAsync("throw", null, policy, failures: 3);
        for (var i = 0; i < 5; i++)
            await AskQuietlyAsync(given);

        var off = given.Engine.Plugins.List()[0];
        Assert.Equal((PluginState.Off, 3, "switched off after 3 failures in a row; switch it on again, or replace it"),
            (off.State, off.Failures, off.Reason));
        // Register, and three calls.
        Assert.Equal(4, off.Runs);
        Assert.Contains(
            given.Log.Lines, line => line.Text == "Plugin mine@1 is switched off after 3 failures in a row; it stays loaded");
        var said = await AskQuietlyAsync(given);
        Assert.StartsWith(policy == "open" ? "Hi" : "Plugin 'mine@1' is switched off after 3 failures", said, StringComparison.Ordinal);

        Assert.Equal(PluginState.Running, given.Engine.Plugins.Enable("mine").State);
        await AskQuietlyAsync(given);
        Assert.Equal(4, given.Engine.Plugins.List()[0].Failures);
    }

    [Fact]
    public async Task The_configurations_word_goes_before_the_manifests()
    {
        await using var given = await PluginTests.StartAsync(
            options => options.Plugins.Use["mine"] = new() { OnFailure = "closed", Timeout = TimeSpan.FromMilliseconds(70) });

        var loaded = await given.Engine.Plugins.LoadAsync(_folder.Plugin("mine", "1", change: manifest =>
        {
            manifest["on_failure"] = "open";
            manifest["timeout"] = "2s";
        }), Stop);

        Assert.Equal((true, TimeSpan.FromMilliseconds(70)), (loaded.FailsClosed, loaded.Timeout));
    }

    [Fact]
    public async Task A_plugin_that_blocks_for_ever_holds_up_only_itself_and_unloading_says_so()
    {
        using var gate = new TestGate();
        await using var given = await LoadAsync("block", gate, "open", failures: 2);
        Assert.All(
            await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => PluginTests.AskAsync(given, "acme/small"))),
            said => Assert.Equal("Hi", said));

        var unloading = await given.Engine.Plugins.UnloadAsync("mine", Stop);

        Assert.Equal(PluginState.Leaving, unloading.State);
        Assert.Matches(@"^still held by [0-9]+ runs? of its code that ha(s|ve) not returned$", unloading.Reason);
        Assert.Equal(PluginState.Leaving, Assert.Single(given.Engine.Plugins.List()).State);
        Assert.Equal("Hi", await PluginTests.AskAsync(given, "acme/small"));

        gate.Open();
        await given.Log.WaitForAsync("Plugin mine@1 is unloaded and out of memory");
        Assert.Empty(given.Engine.Plugins.List());
    }

    [Fact]
    public async Task A_sink_that_throws_or_blocks_is_counted_and_no_call_waits_for_it()
    {
        using var gate = new TestGate();
        await using var given = await PluginTests.StartAsync(Patience(2));
        // The short timeout is for the one that blocks: on a busy machine the other may take as long to throw.
        await given.Engine.Plugins.LoadAsync(
            _folder.Plugin("one", "1", ["sink"], [("sink", "throw")], manifest => manifest["timeout"] = "30s"), Stop);
        await given.Engine.Plugins.LoadAsync(
            _folder.Plugin("two", "2", ["sink"], [("sink", "block"), ("gate", gate.Key)]), Stop);

        // One after the other, because simultaneous failures are reported together.
        for (var i = 1; i <= 2; i++)
        {
            Assert.Equal("Hi", await PluginTests.AskAsync(given, "acme/small"));
            await given.Log.WaitForAsync(i, "Plugin mine@1: its sink threw");
            await given.Log.WaitForAsync(i, "Plugin mine@2: its sink did not return");
        }

        Assert.All(given.Engine.Plugins.List(), plugin => Assert.Equal((PluginState.Off, 2), (plugin.State, plugin.Failures)));
    }

    [Fact]
    public async Task A_plugins_provider_that_throws_is_a_failed_attempt_without_an_exception_of_the_plugin()
    {
        await using var given = await PluginTests.StartAsync();
        await given.Engine.Plugins.LoadAsync(_folder.Plugin("mine", "1", settings: [("provider", "mine"), ("talk", "throw")]), Stop);

        var failed = await Assert.ThrowsAsync<CallException>(() => PluginTests.AskAsync(given, "mine/small"));

        Assert.Equal(CallErrorKind.UpstreamUnavailable, failed.Error.Kind);
        Assert.Contains("InvalidOperationException in plugin 'mine@1': It lost its voice.", failed.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("TestPlugin", failed.Error.Cause!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plugins_provider_that_blocks_is_ended_by_the_attempts_clock()
    {
        using var gate = new TestGate();
        await using var given = await PluginTests.StartAsync(options =>
        {
            options.Timeouts.FirstToken = TimeSpan.FromMilliseconds(50);
            options.Timeouts.Attempt = TimeSpan.FromMilliseconds(50);
        });
        await given.Engine.Plugins.LoadAsync(
            _folder.Plugin("mine", "1", settings: [("provider", "mine"), ("talk", "block"), ("gate", gate.Key)]), Stop);

        var failed = await Assert.ThrowsAsync<CallException>(() => PluginTests.AskAsync(given, "mine/small"));

        Assert.Equal(CallErrorKind.UpstreamTimeout, failed.Error.Kind);
    }

    private static Action<SwitchyardOptions> Patience(int failures, int milliseconds = 50) => options =>
    {
        options.Plugins.Timeout = TimeSpan.FromMilliseconds(milliseconds);
        options.Plugins.UnloadWait = TimeSpan.FromMilliseconds(50);
        options.Plugins.Failures = failures;
    };

    private static async Task<string> AskQuietlyAsync(Given given)
    {
        try
        {
            return await PluginTests.AskAsync(given, "acme/small");
        }
        catch (CallException e)
        {
            return e.Message;
        }
    }

    private async Task<Given> LoadAsync(string act, TestGate? gate, string policy, int failures = 5)
    {
        // A short timeout only for plugins that must be found too slow.
        var given = await PluginTests.StartAsync(Patience(
            failures, act.StartsWith("block", StringComparison.Ordinal) ? 50 : 30_000));
        await given.Engine.Plugins.LoadAsync(
            _folder.Plugin(
                "mine",
                "1",
                ["call"],
                [("step", "call"), ("act", act), ("gate", gate?.Key ?? "")],
                manifest => manifest["on_failure"] = policy),
            Stop);
        return given;
    }
}
