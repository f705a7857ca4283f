using System.Globalization;
using Microsoft.Extensions.AI;
using Switchyard.Plugins;
using Switchyard.TestKit;
using Switchyard.Tests.Client;
using Xunit;

namespace Switchyard.Tests.Plugins;

/// <summary>An unloaded plugin leaves memory, and one that cannot is reported as held.</summary>
public sealed class PluginUnloadTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    /// <summary>
    /// <c>SWITCHYARD_PLUGIN_CYCLES=1000</c> makes it long: each cycle compiles the plugin's code again and collects twice.
    /// </summary>
    [Fact]
    public async Task Loading_calling_and_unloading_again_and_again_under_calls_leaves_nothing_and_fails_no_call()
    {
        var cycles = int.Parse(Environment.GetEnvironmentVariable("SWITCHYARD_PLUGIN_CYCLES") ?? "40", CultureInfo.InvariantCulture);
        var client = new ScriptedClient("Hi");
        await using var given = Given.AnEngineWith(client, options => options.Plugins.UnloadWait = TimeSpan.FromMinutes(5));
        await given.Engine.StartAsync(Stop);
        var path = _folder.Plugin(
            "mine", "1", ["provider:mine", "call", "sink"], [("provider", "mine"), ("step", "call"), ("sink", "none")]);
        using var stop = new CancellationTokenSource();
        var calls = 0;
        var load = Task.Run(async () =>
        {
            for (; !stop.IsCancellationRequested; Interlocked.Increment(ref calls))
            {
                Assert.Equal("Hi", (await given.Chat.GetResponseAsync("Hello", new ChatOptions { ModelId = "acme/small" })).Text);
                // The client records its requests, which would be the growing memory.
                client.Asked.Clear();
                // A caller's loop must not keep running on the stack of the previous call.
                await Task.Yield();
            }
        });
        long before = 0;

        for (var i = 0; i < cycles; i++)
        {
            await given.Engine.Plugins.LoadAsync(path, Stop);
            Assert.Equal("I am 1", await PluginTests.AskAsync(given, "mine/small"));
            // If a parallel call has failed, the cycles end, and awaiting the calls throws its exception.
            for (var seen = Volatile.Read(ref calls); Volatile.Read(ref calls) < seen + 2 && !load.IsCompleted;)
                await Task.Yield();
            var unloaded = await given.Engine.Plugins.UnloadAsync("mine", Stop);
            Assert.True(unloaded.State == PluginState.Unloaded, $"cycle {i}: {unloaded}");
            given.Ended.Clear();
            given.Log.Clear();
            if (i == cycles / 4)
                before = GC.GetTotalMemory(forceFullCollection: true);
            if (cycles >= 1000 && i % 50 == 0)
                TestContext.Current.TestOutputHelper?.WriteLine($"{i}: {GC.GetTotalMemory(false):N0} of {Environment.WorkingSet:N0} bytes");
        }

        await stop.CancelAsync();
        await load;
        var grown = GC.GetTotalMemory(forceFullCollection: true) - before;
        // A context that leaks costs about 200 KB. Of a few cycles that is less than the other tests of this process take meanwhile.
        if (cycles >= 1000)
            Assert.True(grown < cycles * 10_000, $"{grown:N0} bytes more than after a quarter of the cycles");
        TestContext.Current.TestOutputHelper?.WriteLine($"{cycles} cycles, {calls} calls beside them, {grown:N0} bytes more");
    }

    [Theory]
    [InlineData("event")]
    [InlineData("thread")]
    public async Task A_plugin_that_leaks_is_said_to_be_held(string leak)
    {
        using var gate = new TestGate();
        await using var given = await PluginTests.StartAsync();
        await given.Engine.Plugins.LoadAsync(
            _folder.Plugin("mine", "1", settings: [("provider", "mine"), ("leak", leak), ("gate", gate.Key)]), Stop);

        var unloading = await given.Engine.Plugins.UnloadAsync("mine", Stop);

        Assert.Equal(PluginState.Held, unloading.State);
        Assert.StartsWith(
            "not collected after 10 collections: something of its own still refers to it", unloading.Reason, StringComparison.Ordinal);
        Assert.Equal((PluginState.Held, unloading.Reason), given.Engine.Plugins.List().Select(p => (p.State, p.Reason)).Single());
        await given.Log.WaitForAsync("Plugin mine@1 is no longer part of any call, and not collected");

        // Its name is free in any case.
        await given.Engine.Plugins.LoadAsync(_folder.Plugin("mine", "1"), Stop);
        Assert.Equal("I am 1", await PluginTests.AskAsync(given, "mine/small"));
    }

    [Fact]
    public async Task Two_versions_of_one_assembly_are_two_assemblies()
    {
        await using var given = await PluginTests.StartAsync();
        await given.Engine.Plugins.LoadAsync(_folder.Plugin("one", "1"), Stop);
        await given.Engine.Plugins.LoadAsync(_folder.Plugin("two", "2"), Stop);

        Assert.Equal("I am 1", await PluginTests.AskAsync(given, "mine@1/small"));
        Assert.Equal("I am 2", await PluginTests.AskAsync(given, "mine@2/small"));
        Assert.Equal(PluginState.Unloaded, (await given.Engine.Plugins.UnloadAsync("mine@1", Stop)).State);
        Assert.Equal("I am 2", await PluginTests.AskAsync(given, "mine/small"));
    }

    [Fact]
    public async Task A_plugin_whose_disposal_throws_is_unloaded_all_the_same()
    {
        await using var given = await PluginTests.StartAsync();
        await given.Engine.Plugins.LoadAsync(_folder.Plugin("mine", "1", settings: [("provider", "mine"), ("dispose", "throw")]), Stop);

        Assert.Equal(PluginState.Unloaded, (await given.Engine.Plugins.UnloadAsync("mine", Stop)).State);
        Assert.Contains(
            given.Log.Lines, line => line.Text.Contains("its disposal threw InvalidOperationException", StringComparison.Ordinal));
    }
}
