using System.Text.Json.Nodes;
using Switchyard.Configuration;
using Switchyard.Plugins;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Plugins;

/// <summary>The report of <c>switchyard check</c> about plugins, without running them.</summary>
public sealed class PluginCheckTests : IDisposable
{
    /// <summary>Problems that are only found by running the plugin's code.</summary>
    private static readonly string[] s_toldByItsCode =
    [
        "names 'yours', but the plugin's own name is 'mine'", "declares 'sink' in its manifest and does not add it",
        "adds 'provider:mine', which its manifest does not declare", "adds 'provider:other'",
    ];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Plugins_that_can_be_loaded_are_no_problem()
    {
        _folder.Plugin("mine", "1");
        _folder.Plugin("mine-2", "2");
        Directory.CreateDirectory(_folder["data"]);

        Assert.Empty(Problems());
        Assert.Empty(Problems(plugins => plugins.Use["MINE"] = new()));
    }

    [Fact]
    public void The_sample_is_no_problem() => Assert.Empty(Find(
        new() { Plugins = { Directory = Path.GetDirectoryName(Path.GetFullPath(PluginFolders.Greeting)) } }));

    [Fact]
    public void A_folder_that_is_not_there_is_named()
    {
        var problem = Assert.Single(Problems(plugins => plugins.Directory = _folder["nowhere"]));

        Assert.StartsWith("plugins.directory: there is no folder", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_plugin_that_is_configured_and_is_in_no_folder_is_named_with_those_there_are()
    {
        _folder.Plugin("mine", "1");

        Assert.EndsWith(
            "holds that plugin; there are: mine.",
            Assert.Single(Problems(plugins => plugins.Use["his"] = new())), StringComparison.Ordinal);
        Assert.Contains(
            "set plugins.directory",
            Assert.Single(Find(new() { Plugins = { Use = { ["his"] = new() } } })), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(PluginManifestTests.Lies), MemberType = typeof(PluginManifestTests))]
    public void A_manifest_that_lies_is_reported_in_the_words_of_loading(string lie, PluginFault fault, string words)
    {
        _folder.Write("Outside.dll", "");
        var path = _folder.Plugin("mine", "1", change: manifest =>
        {
            foreach (var (name, value) in JsonNode.Parse(lie)!.AsObject())
                manifest[name] = value?.DeepClone();
        });
        File.CreateSymbolicLink(Path.Combine(path, "linked.dll"), _folder["Outside.dll"]);
        File.CreateSymbolicLink(Path.Combine(path, "circle.dll"), Path.Combine(path, "circle.dll"));
        var file = Path.Combine(path, "plugin.json");
        File.WriteAllText(file, JsonNode.Parse(File.ReadAllText(file))!.ToJsonString());

        var problems = Problems();

        if (fault == PluginFault.Failed || s_toldByItsCode.Contains(words))
        {
            Assert.Empty(problems);
            return;
        }

        Assert.Contains(words, Assert.Single(problems), StringComparison.Ordinal);
        Assert.Empty(Problems(plugins => plugins.Use["mine"] = new() { Enabled = false }));
    }

    [Fact]
    public async Task What_it_finds_is_what_loading_says()
    {
        _folder.Plugin("mine", "1", change: manifest => manifest["entry"] = "Switchyard.TestPlugin.Nobody");
        await using var given = Client.Given.AnEngine();
        await given.Engine.StartAsync(TestContext.Current.CancellationToken);

        var refused = await Assert.ThrowsAsync<PluginException>(
            () => given.Engine.Plugins.LoadAsync(_folder["mine"], TestContext.Current.CancellationToken).AsTask());

        Assert.Equal(refused.Message, Assert.Single(Problems()));
    }

    [Fact]
    public void The_same_version_twice_is_one_too_many()
    {
        _folder.Plugin("mine", "1");
        _folder.Plugin("mine-again", "1");

        Assert.Contains("holds mine@1, as", Assert.Single(Problems()), StringComparison.Ordinal);
    }

    [Fact]
    public void A_guard_that_no_plugin_adds_is_named_and_one_that_is_switched_off_is_not_there()
    {
        _folder.Plugin("mine", "1", adds: ["guard:mine"], settings: [("guard", "mine")]);
        var options = new SwitchyardOptions { Guards = { ["mine"] = new() { Type = "plugin" }, ["his"] = new() { Type = "plugin" } } };
        options.Plugins.Directory = _folder.FullPath;

        Assert.StartsWith(
            "guards.his is of type plugin, and no plugin in plugins.directory adds 'guard:his'",
            Assert.Single(Find(options)), StringComparison.Ordinal);

        options.Plugins.Use["mine"] = new() { Enabled = false };
        Assert.Equal(2, Find(options).Count);
    }

    [Fact]
    public void Only_providers_of_plugins_that_are_wanted_are_known()
    {
        _folder.Plugin("mine", "1", adds: ["provider:mine", "call"]);
        _folder.Write("broken/plugin.json", "{");
        Directory.CreateDirectory(_folder["data"]);
        var plugins = new PluginsOptions { Directory = _folder.FullPath };

        Assert.Equal(["mine"], ProvidersOf(plugins));
        plugins.Use["mine"] = new() { Enabled = false };
        Assert.Empty(ProvidersOf(plugins));
        Assert.Empty(ProvidersOf(new PluginsOptions { Directory = _folder["nowhere"] }));
        Assert.Empty(ProvidersOf(new PluginsOptions()));
    }

    [Fact]
    public void What_was_read_is_not_read_again()
    {
        _folder.Plugin("mine", "1", adds: ["provider:mine", "call"]);
        var options = new SwitchyardOptions { Plugins = { Directory = _folder.FullPath } };
        options.Plugins.Use["mine"] = new();
        var check = PluginCheck.Of(options.Plugins);
        File.WriteAllText(Path.Combine(_folder["mine"], "plugin.json"), "{");

        Assert.Equal(["mine"], check.Providers);
        Assert.Empty(check.FindProblems(options.Guards));
        Assert.True(check.IsOf(options.Plugins));
        Assert.Single(Find(options));
    }

    private static IReadOnlyList<string> Find(SwitchyardOptions options) =>
        [.. PluginCheck.Of(options.Plugins).FindProblems(options.Guards).Select(problem => problem.Message)];

    private static IReadOnlyCollection<string> ProvidersOf(PluginsOptions plugins) => PluginCheck.Of(plugins).Providers;

    private IReadOnlyList<string> Problems(Action<PluginsOptions>? change = null)
    {
        var options = new SwitchyardOptions { Plugins = { Directory = _folder.FullPath } };
        change?.Invoke(options.Plugins);
        return Find(options);
    }
}
