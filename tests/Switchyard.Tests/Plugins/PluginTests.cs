using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Engine;
using Switchyard.Plugins;
using Switchyard.Providers;
using Switchyard.TestKit;
using Switchyard.Tests.Client;
using Switchyard.Tests.Docs;
using Xunit;

namespace Switchyard.Tests.Plugins;

/// <summary>Plugins are loaded, replaced and unloaded while calls run.</summary>
public sealed class PluginTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_plugins_provider_answers_as_soon_as_it_is_loaded()
    {
        await using var given = await StartAsync();

        var loaded = await given.Engine.Plugins.LoadAsync(_folder.Plugin("mine", "1"), Stop);

        Assert.Equal(("mine", "1", PluginState.Running), (loaded.Name, loaded.Version, loaded.State));
        Assert.Equal("I am 1", await AskAsync(given, "mine/small"));
        Assert.Contains("mine@1", given.Engine.ProviderNames);
        Assert.Equal("mine@1", given.Ended[^1].Attempts[0].Provider);
        Assert.Contains(given.Log.Lines, line => line.Text == "Plugin mine@1 is loaded; it adds provider:mine");
    }

    [Fact]
    public async Task A_plugins_provider_streams()
    {
        await using var given = await StartAsync();
        await given.Engine.Plugins.LoadAsync(_folder.Plugin("mine", "1"), Stop);

        var settings = new ChatOptions { ModelId = "mine/small" };
        var updates = await given.Chat.GetStreamingResponseAsync("Hello", settings, Stop).ToListAsync(Stop);

        Assert.Equal("I am 1", updates.ToChatResponse().Text);
        Assert.True(updates.Count >= "I am 1".Length);
    }

    [Covers("S000-66")]
    [Fact]
    public async Task A_call_that_runs_ends_on_the_version_it_began_with_while_the_next_one_gets_the_new_one()
    {
        await using var given = await StartAsync();
        var (until, key) = Gate();
        await given.Engine.Plugins.LoadAsync(
            _folder.Plugin("one", "1", settings: [("provider", "mine"), ("talk", "wait"), ("until", key)]), Stop);
        await using var stream = given.Chat.GetStreamingResponseAsync("Hello", new ChatOptions { ModelId = "mine/small" }, Stop)
            .GetAsyncEnumerator(Stop);
        Assert.True(await stream.MoveNextAsync());

        var replacing = given.Engine.Plugins.ReplaceAsync(_folder.Plugin("two", "2"), cancellationToken: Stop).AsTask();
        while (given.Engine.Plugins.List() is not [_, { Version: "2" }])
            await Task.Yield();

        Assert.Equal("I am 2", await AskAsync(given, "mine/small"));
        Assert.False(replacing.IsCompleted);
        var leaving = given.Engine.Plugins.List()[0];
        Assert.Equal((PluginState.Leaving, "still held by 1 running call that began with it"), (leaving.State, leaving.Reason));

        until.SetResult();
        var said = stream.Current.Text;
        while (await stream.MoveNextAsync())
            said += stream.Current.Text;
        Assert.Equal("I am 1", said);
        await stream.DisposeAsync();

        var replaced = await replacing;
        Assert.Equal("2", replaced.Loaded.Version);
        Assert.Equal(new PluginUnloading { Name = "mine", Version = "1", State = PluginState.Unloaded }, replaced.Replaced);
        Assert.Equal(["mine@2"], given.Engine.Plugins.List().Select(plugin => $"{plugin.Name}@{plugin.Version}"));
    }

    [Fact]
    public async Task A_call_that_was_routed_but_has_not_reached_its_provider_ends_on_the_version_that_was_replaced()
    {
        await using var given = await StartAsync();
        using var gate = new TestGate();
        await given.Engine.Plugins.LoadAsync(
            _folder.Plugin(
                "one",
                "1",
                ["provider:mine", "routed"],
                [("provider", "mine"), ("step", "routed"), ("act", "block"), ("gate", gate.Key)]),
            Stop);
        var asking = Task.Run(() => AskAsync(given, "mine/small"), Stop);
        while (given.Engine.Plugins.List()[0].Running == 0)
            await Task.Yield();

        var replacing = given.Engine.Plugins.ReplaceAsync(_folder.Plugin("two", "2"), cancellationToken: Stop).AsTask();
        while (given.Engine.Plugins.List() is not [_, { Version: "2" }])
            await Task.Yield();
        gate.Open();

        Assert.Equal("I am 1", await asking);
        Assert.Equal("I am 2", await AskAsync(given, "mine/small"));
        Assert.Equal(PluginState.Unloaded, (await replacing).Replaced!.State);
    }

    [Covers("S000-73")]
    [Fact]
    public async Task Two_versions_stand_side_by_side_and_a_caller_sees_and_chooses_one()
    {
        await using var given = await StartAsync(options => options.Plugins.UnloadWait = TimeSpan.FromSeconds(5));
        await given.Engine.Plugins.LoadAsync(_folder.Plugin("two", "2"), Stop);
        await given.Engine.Plugins.LoadAsync(_folder.Plugin("ten", "10"), Stop);

        Assert.Equal(["10", "2"], given.Engine.Registry.VersionsOf("mine"));
        Assert.Equal(["acme", "mine@10", "mine@2"], given.Engine.ProviderNames);
        Assert.Equal("I am 2", await AskAsync(given, "mine@2/small"));
        Assert.Equal("I am 10", await AskAsync(given, "mine@10/small"));
        Assert.Equal("I am 10", await AskAsync(given, "mine/small"));
        Assert.Equal("mine@10", given.Ended[^1].Attempts[0].Provider);

        Assert.True((await given.Engine.ApplyAsync(
            options => options.Plugins.Use["mine"] = new() { Version = "2" }, Stop)).Applied);
        Assert.Equal("I am 2", await AskAsync(given, "mine/small"));

        await given.Engine.Plugins.UnloadAsync("mine@2", Stop);
        Assert.Equal("I am 10", await AskAsync(given, "mine/small"));
    }

    [Covers("S000-73")]
    [Fact]
    public async Task A_provider_of_the_hosts_own_has_versions_too()
    {
        await using var given = await StartAsync();
        foreach (var version in new[] { "1.9", "1.10" })
        {
            await given.Engine.Registry.RegisterAsync(
                $"own@{version}", new ChatClientProvider("own", new ScriptedClient(version)),
                new ProviderSettings { Type = "own", Models = ["large"] }, cancellationToken: Stop);
        }

        Assert.Equal("1.10", await AskAsync(given, "own/large"));
        given.Engine.Registry.PreferVersion("own", "1.9");
        Assert.Equal("1.9", await AskAsync(given, "own/large"));
        given.Engine.Registry.PreferVersion("own", null);
        await given.Engine.Registry.UnregisterAsync("own@1.10");
        Assert.Equal("1.9", await AskAsync(given, "own/large"));
    }

    [Theory]
    [InlineData("call")]
    [InlineData("routed")]
    [InlineData("attempt")]
    public async Task A_step_is_around_calls_from_loading_to_unloading(string place)
    {
        await using var given = await StartAsync();
        var seen = new System.Collections.Concurrent.ConcurrentQueue<string>();
        var key = $"seen {Guid.NewGuid()}";
        AppContext.SetData(key, seen);

        await AskAsync(given, "acme/small");
        await given.Engine.Plugins.LoadAsync(_folder.Plugin("mine", "1", [place], [("step", place), ("seen", key)]), Stop);
        await AskAsync(given, "acme/small");
        var unloaded = await given.Engine.Plugins.UnloadAsync("mine", Stop);
        await AskAsync(given, "acme/small");

        Assert.Equal(["1:acme/small"], seen);
        Assert.Equal(PluginState.Unloaded, unloaded.State);
    }

    [Fact]
    public async Task A_sink_gets_every_call_that_ended_while_it_was_there()
    {
        await using var given = await StartAsync();
        var told = new System.Collections.Concurrent.ConcurrentQueue<string>();
        var key = $"told {Guid.NewGuid()}";
        AppContext.SetData(key, told);

        await given.Engine.Plugins.LoadAsync(_folder.Plugin("mine", "1", ["sink"], [("sink", key)]), Stop);
        for (var i = 0; i < 20; i++)
            await AskAsync(given, "acme/small");
        Assert.Equal(PluginState.Unloaded, (await given.Engine.Plugins.UnloadAsync("mine", Stop)).State);
        await AskAsync(given, "acme/small");

        Assert.Equal(Enumerable.Repeat("acme/small", 20), told);
    }

    [Fact]
    public async Task Without_a_plugin_the_pipeline_has_no_step_for_one()
    {
        await using var given = await StartAsync();
        Assert.Null(given.Engine.Snapshot.Section(PluginSet.Section));

        await given.Engine.Plugins.LoadAsync(_folder.Plugin("mine", "1"), Stop);
        Assert.NotNull(given.Engine.Snapshot.Section(PluginSet.Section));
        await given.Engine.Plugins.UnloadAsync("mine", Stop);
        Assert.Null(given.Engine.Snapshot.Section(PluginSet.Section));
    }

    [Fact]
    public async Task A_plugin_is_disposed_when_it_goes_and_also_when_the_engine_goes()
    {
        var (first, second) = ($"gone {Guid.NewGuid()}", $"gone {Guid.NewGuid()}");
        await using (var given = await StartAsync())
        {
            await given.Engine.Plugins.LoadAsync(_folder.Plugin("a", "1", settings: [("provider", "mine"), ("disposed", first)]), Stop);
            await given.Engine.Plugins.UnloadAsync("mine", Stop);
            Assert.Equal("yes", AppContext.GetData(first));
            await given.Engine.Plugins.LoadAsync(_folder.Plugin("b", "1", settings: [("provider", "mine"), ("disposed", second)]), Stop);
        }

        Assert.Equal("yes", AppContext.GetData(second));
    }

    [Fact]
    public async Task The_plugin_of_the_documentation_runs()
    {
        await using var given = await StartAsync(
            options => options.Plugins.Use["greeting"] = new() { Settings = { ["greeting"] = "Good day" } });

        await PluginSnippets.LoadAsync(given.Engine, PluginFolders.Greeting);
        var loaded = Assert.Single(given.Engine.Plugins.List());

        var answer = await given.Chat.GetResponseAsync("Ada", new ChatOptions { ModelId = "greeter/polite" }, Stop);
        Assert.Equal("Good day, Ada!", answer.Text);
        Assert.Equal(["call", "provider:greeter"], loaded.Adds);
        Assert.Contains(given.Log.Lines, line => line.Text == "Call 1 is for greeter/polite");
        await PluginSnippets.ReplaceAsync(given.Engine, PluginFolders.Greeting);
        Assert.Empty(given.Engine.Plugins.List());
    }

    internal static async Task<Given> StartAsync(Action<SwitchyardOptions>? configure = null)
    {
        var given = Given.AnEngineWith(new ScriptedClient(_ => ["Hi"]), options =>
        {
            // On a busy machine code of a plugin may wait seconds for a thread.
            options.Plugins.Timeout = options.Plugins.LoadTimeout = options.Plugins.UnloadWait = TimeSpan.FromMinutes(1);
            configure?.Invoke(options);
        });
        await given.Engine.StartAsync(Stop);
        return given;
    }

    internal static async Task<string> AskAsync(Given given, string model) =>
        (await given.Chat.GetResponseAsync("Hello", new ChatOptions { ModelId = model }, Stop)).Text;

    private static (TaskCompletionSource Until, string Key) Gate()
    {
        var (until, key) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), $"until {Guid.NewGuid()}");
        AppContext.SetData(key, until.Task);
        return (until, key);
    }
}
