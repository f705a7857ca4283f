using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Configuration.Loading;
using Switchyard.Providers.Catalogue;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Docs.From;

/// <summary>The pages for users of another system: their samples work as shown.</summary>
public sealed partial class FromPageTests
{
    private const string Folder = "docs/from/";

    private static IEnumerable<Page> All => Page.All.Where(page =>
        page.Path.StartsWith(Folder, StringComparison.Ordinal) && !page.Path.EndsWith("README.md", StringComparison.Ordinal));

    public static TheoryData<string> Pages() => [.. All.Select(page => page.Path)];

    [Fact]
    public void Each_reference_system_and_each_gateway_has_a_page_that_the_index_names()
    {
        Assert.Equal(
            [
                "bifrost.md", "data-driven-registry.md", "inference-gateway.md", "litellm.md", "orchestrator.md", "plugin-system.md",
                "portkey.md", "provider-system-v2.md",
            ],
            All.Select(page => page.Path[Folder.Length..]));
        Assert.Superset(
            All.Select(page => page.Path[Folder.Length..]).ToHashSet(), Page.Read(Folder + "README.md").Links.ToHashSet());
    }

    /// <summary>
    /// In order, with the configuration that the page shows first. An upstream that answers <c>Hello!</c> replaces each vendor.
    /// </summary>
    [Theory]
    [MemberData(nameof(Pages))]
    public async Task Its_calls_are_answered_as_it_shows(string path)
    {
        var page = Page.Read(path);
        var calls = ShownCall.On(page).ToList();
        Assert.NotEmpty(calls);
        using var folder = new TemporaryFolder();
        await using var vendors = await FakeUpstream.StartAsync();
        vendors.Then((http, asked) => http.Response.WriteAsJsonAsync(
            JsonNode.Parse(Some.ChatCompletion("Hello!", (string)JsonNode.Parse(asked.Text)!["model"]!))));
        var (made, ended) = (0, 0);
        await using var gateway = await StartAsync(page, folder, vendors, new EndedSink(_ => Interlocked.Increment(ref ended)));

        foreach (var call in calls)
        {
            using var response = await call.SendAsync(gateway, Variables(page.Text));
            await call.AssertAnswersAsync(response);
            // A call is counted when it has ended, a moment after its client has the answer.
            made += response.Headers.Contains(AnswerFacts.Attempts) ? 1 : 0;
            await Wait.ForAsync(() => Volatile.Read(ref ended) >= made);
        }
    }

    /// <summary>Settings must be in <c>docs/configuration.md</c>, which other tests compare with the options.</summary>
    [Theory]
    [MemberData(nameof(Pages))]
    public void The_settings_headers_and_paths_it_names_on_this_side_are_there(string path)
    {
        var settings = Page.Read("docs/configuration.md").CodeSpans.Where(span => SettingName().IsMatch(span))
            .Select(span => AnyName().Replace(span, "<>")).ToHashSet();
        var sections = settings.Select(setting => setting.Split('.', '[')[0]).ToHashSet();
        var paths = new[] { "README.md", "docs/admin.md" }.SelectMany(page => Page.Read(page).CodeSpans).ToHashSet();
        var headers = typeof(AnswerFacts).GetFields().Select(field => (string)field.GetRawConstantValue()!)
            .Append("x-switchyard-overhead-ms").ToHashSet();
        var here = Page.Read(path).WithoutBlocks.Split('\n')
            .Select(line => line.StartsWith('|') ? string.Join('|', line.Split('|')[2..]) : line);

        foreach (var span in here.SelectMany(line => Span().Matches(line)).Select(match => match.Groups["code"].Value))
        {
            if (SettingName().IsMatch(span) && sections.Contains(span.Split('.', '[')[0]))
                Assert.True(settings.Contains(AnyName().Replace(span, "<>")), $"{path} names the setting `{span}`, which is not there.");
            if (span.StartsWith("x-switchyard-", StringComparison.Ordinal))
                Assert.Contains(span.Split(':')[0], headers.Concat(["x-switchyard-strict"]));
            if (Endpoint().IsMatch(span))
                Assert.True(paths.Contains(span), $"{path} names `{span}`, which neither README.md nor docs/admin.md has.");
        }
    }

    private static async Task<GatewayHost> StartAsync(Page page, TemporaryFolder folder, FakeUpstream vendors, EndedSink ended)
    {
        var yaml = page.Blocks("yaml").FirstOrDefault() ?? "providers: { mock: {} }";
        var file = Path.Combine(folder.FullPath, "switchyard.yaml");
        await File.WriteAllTextAsync(file, yaml);
        var loaded = ConfigurationLoader.Load(new ConfigurationRequest
        {
            File = file,
            Environment = Variables(yaml),
            IsKnownProvider = name => ProviderCatalog.Default.Find(name) is not null,
        });
        Assert.Empty(loaded.Problems);
        var options = loaded.Options!;
        foreach (var (name, provider) in options.Providers)
        {
            if ((provider.Type ?? name) == "mock")
                continue;
            provider.BaseUrl = vendors.BaseUrl;
            if (provider.Keys.Count == 0)
                provider.Key ??= "sk-given-by-the-environment";
        }

        if (options.Storage.Ledger is { } ledger)
            options.Storage.Ledger = ledger.Replace("sqlite:", $"sqlite:{folder.FullPath}/", StringComparison.Ordinal);
        options.Health.Monitor = false;
        return await GatewayHost.StartAsync(options, builder => builder.AddSink(ended).AddSwitchyardStorage());
    }

    private static Dictionary<string, string> Variables(string text) =>
        Variable().Matches(text).Select(match => match.Groups["name"].Value).Distinct()
            .ToDictionary(name => name, name => $"given-in-{name}");

    // `retry.attempts`, `providers.<name>.keys[].key`
    [GeneratedRegex(@"^[a-z_]+(?:\[\])?(?:\.(?:[a-z_]+(?:\[\])?|<[\w/]+>))+$")]
    private static partial Regex SettingName();

    [GeneratedRegex("<[^>]+>")]
    private static partial Regex AnyName();

    [GeneratedRegex(@"^(?:GET|POST|PUT|PATCH|DELETE) /\S+$")]
    private static partial Regex Endpoint();

    [GeneratedRegex(@"(?<!`)`(?<code>[^`\n]+)`(?!`)")]
    private static partial Regex Span();

    [GeneratedRegex(@"\$\{?(?<name>[A-Z_]+)")]
    private static partial Regex Variable();
}
