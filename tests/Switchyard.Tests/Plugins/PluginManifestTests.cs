using System.Text.Json.Nodes;
using Switchyard.Plugins;
using Switchyard.TestKit;
using Switchyard.Tests.Client;
using Xunit;

namespace Switchyard.Tests.Plugins;

/// <summary>A wrong manifest, or code that fails to load, gives one clear error and changes nothing.</summary>
public sealed class PluginManifestTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public static TheoryData<string, PluginFault, string> Lies() => new()
    {
        { """{"assembly":"Missing.dll"}""", PluginFault.Manifest, "'assembly' names 'Missing.dll', which does not exist" },
        { """{"assembly":"../Outside.dll"}""", PluginFault.Manifest, "'assembly' points outside the plugin's folder" },
        { """{"assembly":"/etc/hostname"}""", PluginFault.Manifest, "'assembly' points outside the plugin's folder" },
        { """{"assembly":"linked.dll"}""", PluginFault.Manifest, "'assembly' points outside the plugin's folder" },
        { """{"assembly":"circle.dll"}""", PluginFault.Manifest, "'assembly' is not a path that can be followed" },
        { """{"assembly":"a\u0000.dll"}""", PluginFault.Manifest, "'assembly' is not a path that can be followed" },
        { """{"assembly":"plugin.json"}""", PluginFault.Manifest, "is not a .NET assembly" },
        { """{"assembly":null}""", PluginFault.Manifest, "'assembly' is missing" },
        { """{"name":"yours"}""", PluginFault.Manifest, "names 'yours', but the plugin's own name is 'mine'" },
        { """{"name":"a/b"}""", PluginFault.Manifest, "'name' must be" },
        { """{"version":"1@2"}""", PluginFault.Manifest, "'version' must be" },
        { """{"contract":2}""", PluginFault.Contract, "was written for contract 2, and this version has contract 1" },
        { """{"contract":null}""", PluginFault.Manifest, "'contract' is missing" },
        { """{"contract":"1"}""", PluginFault.Manifest, "$.contract in line 1 is not what is expected there" },
        { """{"adds":[]}""", PluginFault.Manifest, "'adds' is missing" },
        { """{"adds":["provider:mine","sink"]}""", PluginFault.Manifest, "declares 'sink' in its manifest and does not add it" },
        { """{"adds":["sink"]}""", PluginFault.Manifest, "adds 'provider:mine', which its manifest does not declare" },
        { """{"adds":["dialect:mine"]}""", PluginFault.Manifest, "a plugin cannot add a dialect" },
        { """{"adds":["wings"]}""", PluginFault.Manifest, "'wings' in 'adds' is not known" },
        { """{"entry":"Switchyard.TestPlugin.Nobody"}""", PluginFault.Manifest, "'entry' names 'Switchyard.TestPlugin.Nobody'" },
        { """{"entry":""}""", PluginFault.Manifest, "'entry' names ''" },
        { """{"entry":"Switchyard.TestPlugin.BrokenPlugin"}""", PluginFault.Failed, "InvalidOperationException: It cannot be made." },
        { """{"entry":"Switchyard.TestPlugin.BrokenFieldPlugin"}""", PluginFault.Failed, "FormatException: It has a wrong field." },
        { """{"entry":null}""", PluginFault.Manifest, "has several classes that implement IPlugin" },
        { """{"timeout":"soon"}""", PluginFault.Manifest, "'timeout' must be from 1ms to 10m" },
        { """{"on_failure":"ajar"}""", PluginFault.Manifest, "'on_failure' must be \"open\" or \"closed\"" },
        { """{"wings":2}""", PluginFault.Manifest, "$.wings in line 1 is not a member of a manifest" },
        { """{"settings":{"Url":"a","url":"b"}}""", PluginFault.Manifest, "'url' is in 'settings' twice" },
        { """{"settings":{"url":null}}""", PluginFault.Manifest, "'url' in 'settings' must be text" },
        { """{"settings":{"provider":"mine","register":"throw"}}""", PluginFault.Failed, "InvalidOperationException: It does not like" },
        { """{"settings":{"provider":"mine","begin":"throw"}}""", PluginFault.Failed, "'mine@1' failed to begin: It cannot begin today." },
        { """{"settings":{"provider":"mine","register":"undeclared"}}""", PluginFault.Manifest, "adds 'provider:other'" },
    };

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Lies))]
    public async Task A_manifest_that_lies_is_refused_and_nothing_has_changed(string lie, PluginFault fault, string words)
    {
        await using var given = await PluginTests.StartAsync();
        _folder.Write("Outside.dll", "");
        var path = _folder.Plugin("mine", "1", change: manifest =>
        {
            foreach (var (name, value) in JsonNode.Parse(lie)!.AsObject())
                manifest[name] = value?.DeepClone();
        });
        File.CreateSymbolicLink(Path.Combine(path, "linked.dll"), _folder["Outside.dll"]);
        File.CreateSymbolicLink(Path.Combine(path, "circle.dll"), Path.Combine(path, "circle.dll"));
        // One line, so that an error can name it.
        var file = Path.Combine(path, "plugin.json");
        File.WriteAllText(file, JsonNode.Parse(File.ReadAllText(file))!.ToJsonString());

        var refused = await Assert.ThrowsAsync<PluginException>(() => given.Engine.Plugins.LoadAsync(path, Stop).AsTask());

        Assert.Contains(words, refused.Message, StringComparison.Ordinal);
        Assert.Equal(fault, refused.Fault);
        Assert.Empty(given.Engine.Plugins.List());
        Assert.Equal(["acme"], given.Engine.ProviderNames);
        Assert.Equal(1, given.Engine.Snapshot.Generation);
        Assert.Equal("Hi", await PluginTests.AskAsync(given, "acme/small"));
    }

    [Fact]
    public async Task A_folder_without_a_manifest_is_no_plugin()
    {
        await using var given = await PluginTests.StartAsync();
        Directory.CreateDirectory(_folder["empty"]);

        var missing = await Assert.ThrowsAsync<PluginException>(() => given.Engine.Plugins.LoadAsync(_folder["none"], Stop).AsTask());
        var empty = await Assert.ThrowsAsync<PluginException>(() => given.Engine.Plugins.LoadAsync(_folder["empty"], Stop).AsTask());

        Assert.Equal(PluginFault.NotFound, missing.Fault);
        Assert.EndsWith("holds no plugin.json, so it is not a plugin.", empty.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plugin_that_blocks_while_it_is_loaded_is_given_up()
    {
        using var gate = new TestGate();
        await using var given = await PluginTests.StartAsync(options => options.Plugins.LoadTimeout = TimeSpan.FromMilliseconds(50));
        var path = _folder.Plugin("mine", "1", settings: [("provider", "mine"), ("register", "block"), ("gate", gate.Key)]);

        var refused = await Assert.ThrowsAsync<PluginException>(() => given.Engine.Plugins.LoadAsync(path, Stop).AsTask());

        Assert.Equal(
            "Plugin 'mine@1' was not loaded: Register did not return within 0.05 s (plugins.load_timeout).", refused.Message);
        Assert.Empty(given.Engine.Plugins.List());
    }

    [Fact]
    public async Task A_new_version_that_cannot_be_loaded_leaves_the_old_one()
    {
        await using var given = await PluginTests.StartAsync();
        await given.Engine.Plugins.LoadAsync(_folder.Plugin("mine", "1"), Stop);

        await Assert.ThrowsAsync<PluginException>(() => given.Engine.Plugins.ReplaceAsync(
            _folder.Plugin("next", "2", settings: [("provider", "mine"), ("register", "throw")]), cancellationToken: Stop).AsTask());

        Assert.Equal("I am 1", await PluginTests.AskAsync(given, "mine/small"));
        Assert.Equal("1", Assert.Single(given.Engine.Plugins.List()).Version);
    }

    [Fact]
    public async Task One_plugin_is_not_loaded_twice_and_a_name_of_several_must_say_which()
    {
        await using var given = await PluginTests.StartAsync();
        var plugins = given.Engine.Plugins;
        await plugins.LoadAsync(_folder.Plugin("one", "1"), Stop);
        await plugins.LoadAsync(_folder.Plugin("two", "2"), Stop);

        var twice = await Assert.ThrowsAsync<PluginException>(() => plugins.LoadAsync(_folder.Plugin("again", "1"), Stop).AsTask());
        var which = await Assert.ThrowsAsync<PluginException>(() => plugins.UnloadAsync("mine", Stop).AsTask());
        var what = await Assert.ThrowsAsync<PluginException>(
            () => plugins.ReplaceAsync(_folder.Plugin("three", "3"), cancellationToken: Stop).AsTask());
        var nobody = await Assert.ThrowsAsync<PluginException>(() => plugins.UnloadAsync("nobody", Stop).AsTask());

        Assert.StartsWith("Plugin 'mine@1' is loaded already, from ", twice.Message, StringComparison.Ordinal);
        Assert.Equal("Several versions are loaded: name mine@1 or mine@2.", which.Message);
        Assert.Equal("Several versions of 'mine' are loaded: say which is replaced, mine@1 or mine@2.", what.Message);
        Assert.Equal("Plugin 'nobody' is not loaded: mine@1, mine@2 are.", nobody.Message);
        Assert.Equal(
            [PluginFault.Conflict, PluginFault.Conflict, PluginFault.Conflict, PluginFault.NotFound],
            [twice.Fault, which.Fault, what.Fault, nobody.Fault]);

        var replaced = await plugins.ReplaceAsync(_folder["three"], "mine@1", Stop);
        Assert.Equal(["2", "3"], plugins.List().Select(plugin => plugin.Version));
        Assert.Equal("1", replaced.Replaced!.Version);
    }
}

/// <summary>A gate for which a plugin waits until the test ends.</summary>
internal sealed class TestGate : IDisposable
{
    private readonly ManualResetEventSlim _gate = new();

    public TestGate() => AppContext.SetData(Key, _gate);

    public string Key { get; } = $"gate {Guid.NewGuid()}";

    public void Open() => _gate.Set();

    public void Dispose() => _gate.Set();
}
