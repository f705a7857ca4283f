using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Switchyard.Configuration;
using Switchyard.Configuration.Binding;
using Switchyard.Configuration.Loading;
using Switchyard.Providers.Catalogue;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Docs;

/// <summary>The samples of docs/record-and-replay.md work.</summary>
public sealed partial class RecordReplayPageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Page _page = Page.Read("docs/record-and-replay.md");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_pages_call_is_recorded_as_it_shows_and_replayed_by_its_program_and_its_configuration()
    {
        var shown = JsonNode.Parse(Assert.Single(_page.Blocks("json")))!;
        var call = Call().Match(_page.Blocks("bash").First());
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.ThenJson(shown["answer"]!["json"]!.ToJsonString());
        await using (var gateway = await GatewayHost.StartAsync(Loaded(0, options =>
        {
            options.Providers["openai"].BaseUrl = upstream.BaseUrl;
            options.Recording!.Folder = _folder["cassettes"];
        })))
        {
            using var answer = await gateway.ChatAsync(call.Groups["json"].Value, (call.Groups["name"].Value, call.Groups["value"].Value));
            await Wait.ForAsync(() => gateway.Engine.Recordings.Written == 1);
        }

        var file = Assert.Single(Directory.GetFiles(_folder["cassettes/greeting"]));
        var recorded = JsonNode.Parse(File.ReadAllText(file))!;
        recorded["recorded"] = shown["recorded"]!.DeepClone();
        recorded["answer"]!["ms"] = shown["answer"]!["ms"]!.DeepClone();
        Assert.Equal(shown.ToJsonString(), recorded.ToJsonString());

        Assert.Equal("Hello!", await Snippets.ReplayedAsync(_folder["cassettes"]));
        await using var replay =
            await GatewayHost.StartAsync(Loaded(1, options => options.Providers["openai"].Replay!.Folder = _folder["cassettes"]));
        using var refused = await replay.ChatAsync(Some.ChatRequest("fast", "Say hi."));
        var message = (string)JsonNode.Parse(await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!
            ["error"]!["message"]!;
        Assert.Contains(
            Name().Replace(message, "20261128-221530-123-….json"), _page.Text.Replace("\n", " ", StringComparison.Ordinal),
            StringComparison.Ordinal);
    }

    /// <summary>A configuration of the page, adapted to this machine.</summary>
    private Action<SwitchyardOptions> Loaded(int block, Action<SwitchyardOptions> change)
    {
        _folder.Write("switchyard.yaml", _page.Blocks("yaml").ElementAt(block));
        var loaded = ConfigurationLoader.Load(new ConfigurationRequest
        {
            WorkingDirectory = _folder.FullPath,
            Environment = new Dictionary<string, string> { ["OPENAI_API_KEY"] = "sk-of-this-test-alone" },
            IsKnownProvider = name => ProviderCatalog.Default.Find(name) is not null,
        }).Options!;
        change(loaded);
        loaded.Health.Monitor = false;
        return loaded.CopyTo;
    }

    [GeneratedRegex(@"-H '(?<name>x-switchyard-record): (?<value>[^']+)'.*?-d '(?<json>[^']+)'", RegexOptions.Singleline)]
    private static partial Regex Call();

    [GeneratedRegex(@"[0-9]{8}-[0-9]{6}-[0-9]{3}-[0-9]+\.json")]
    private static partial Regex Name();
}
