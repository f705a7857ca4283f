using Microsoft.Extensions.DependencyInjection;
using Switchyard.Plugins;
using Switchyard.TestKit;
using Switchyard.Tests.Client;
using Xunit;

namespace Switchyard.Tests.Plugins;

/// <summary>Changes in the folder of plugins are followed.</summary>
public sealed class PluginFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TestClock _clock = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_is_in_the_folder_is_there_for_the_first_call()
    {
        _folder.Plugin("one", "1");
        _folder.Plugin("two", "2");
        Directory.CreateDirectory(_folder["notes"]);
        await using var given = await StartAsync();

        Assert.Equal(1, given.Engine.Snapshot.Generation);
        Assert.Equal("I am 2", await PluginTests.AskAsync(given, "mine/small"));
        Assert.Equal("I am 1", await PluginTests.AskAsync(given, "mine@1/small"));
    }

    [Fact]
    public async Task A_broken_plugin_does_not_prevent_the_start_and_is_listed_with_its_reason()
    {
        _folder.Plugin("broken", "1", change: manifest => manifest["contract"] = 7);
        _folder.Plugin("whole", "2");
        await using var given = await StartAsync();

        Assert.Equal("I am 2", await PluginTests.AskAsync(given, "mine/small"));
        var broken = given.Engine.Plugins.List().Single(plugin => plugin.State == PluginState.Failed);
        Assert.Equal("broken", broken.Name);
        Assert.Contains("was written for contract 7", broken.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_link_that_leads_back_above_itself_keeps_no_plugin_from_being_loaded()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need rights that a Windows user does not usually have.");
        _folder.Plugin("one", "1");
        Directory.CreateSymbolicLink(Path.Combine(_folder["one"], "again"), ".");
        await using var given = await StartAsync();

        Assert.Equal("I am 1", await PluginTests.AskAsync(given, "mine/small"));
    }

    [Fact]
    public async Task What_may_not_be_read_does_not_prevent_the_start()
    {
        // Has an effect only if not run as root, who can read it in any case.
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Permissions are others there.");
        _folder.Plugin("one", "1");
        var closed = Directory.CreateDirectory(Path.Combine(_folder["one"], "lost+found")).FullName;
        SetMode(closed, UnixFileMode.None);
        try
        {
            await using var given = await StartAsync();

            Assert.Equal("I am 1", await PluginTests.AskAsync(given, "mine/small"));
        }
        finally
        {
            SetMode(closed, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    [Fact]
    public async Task What_comes_changes_and_goes_in_the_folder_is_loaded_replaced_and_unloaded()
    {
        await using var given = await StartAsync();
        Assert.Empty(given.Engine.Plugins.List());

        _folder.Plugin("mine", "1");
        await FollowedAsync(given, "Plugin mine@1 is loaded");
        Assert.Equal("I am 1", await PluginTests.AskAsync(given, "mine/small"));

        _folder.Plugin("mine", "2", settings: [("provider", "mine"), ("says", "Now it is")]);
        await FollowedAsync(given, "Plugin mine@2 is loaded in place of mine@1");
        Assert.Equal("Now it is 2", await PluginTests.AskAsync(given, "mine/small"));

        _folder.Plugin("mine", "3", settings: [("provider", "mine"), ("register", "throw")]);
        await FollowedAsync(given, "Plugin in ");
        Assert.Equal("Now it is 2", await PluginTests.AskAsync(given, "mine/small"));
        Assert.Contains(
            given.Engine.Plugins.List(),
            plugin => plugin.State == PluginState.Failed
                && plugin.Reason.StartsWith("mine@2 stays loaded: its new version was not loaded.", StringComparison.Ordinal));

        Directory.Delete(_folder["mine"], recursive: true);
        await FollowedAsync(given, "Plugin mine@2 is unloaded");
        // The scan that unloaded it forgets the version that could not be loaded when it ends.
        await Wait.ForAsync(() => given.Engine.Plugins.List().Count == 0);
    }

    [Fact]
    public async Task Other_settings_load_a_plugin_anew_and_a_disabled_one_is_unloaded()
    {
        _folder.Plugin("mine", "1");
        await using var given = await StartAsync();

        await given.Engine.ApplyAsync(options => options.Plugins.Use["mine"] = new() { Settings = { ["says"] = "Told to be" } }, Stop);
        await given.Log.WaitForAsync("Plugin mine@1 is loaded in place of mine@1");
        Assert.Equal("Told to be 1", await PluginTests.AskAsync(given, "mine/small"));

        await given.Engine.ApplyAsync(options => options.Plugins.Use["mine"].Enabled = false, Stop);
        await given.Log.WaitForAsync(2, "Plugin mine@1 is unloaded");
        Assert.Empty(given.Engine.Plugins.List());
    }

    private async Task<Given> StartAsync()
    {
        var given = Given.AnEngineWith(
            new ScriptedClient(_ => ["Hi"]),
            options =>
            {
                options.Plugins.Directory = _folder.FullPath;
                // The test's clock goes on while a plugin is being loaded or disposed.
                options.Plugins.LoadTimeout = options.Plugins.Timeout = TimeSpan.FromMinutes(10);
            },
            builder => builder.Services.AddSingleton<TimeProvider>(_clock));
        await given.Engine.StartAsync(Stop);
        return given;
    }

    private static void SetMode(string folder, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(folder, mode);
    }

    /// <summary>
    /// Lets the folder be scanned until a line is logged: one scan sees the change, the next one that it has settled. A tick of the clock
    /// during a scan causes no other one, so that their number is not that of the ticks.
    /// </summary>
    private Task FollowedAsync(Given given, string start) => Wait.ForAsync(async () =>
    {
        _clock.Advance(PluginFolder.Look);
        await Task.Delay(50, Stop);
        return given.Log.Lines.Any(line => line.Text.StartsWith(start, StringComparison.Ordinal));
    });
}
