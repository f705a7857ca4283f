using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Calls;
using Switchyard.Providers.Catalogue;
using Switchyard.TestKit;
using Switchyard.Tests.Architecture;
using Xunit;

namespace Switchyard.Tests.Docs;

/// <summary>The tables of the documentation match the code.</summary>
public sealed partial class FactTests
{
    /// <summary>The same paths again, for SDKs that share a host.</summary>
    // Other spellings of listed addresses, and those that refuse a method which an address does not have.
    private static readonly string[] s_prefixes =
        ["/openai/", "/anthropic/", "/genai/", "/v1/models/{target:regex(", "/v1beta/models/{target:regex("];

    [Fact]
    public async Task The_readmes_first_call_works_on_a_fresh_machine()
    {
        var curl = Assert.Single(Page.Read("README.md").Blocks("bash"), block => block.Contains("curl ", StringComparison.Ordinal));
        var path = new Uri(Url().Match(curl).Value).AbsolutePath;
        await using var gateway = await GatewayHost.StartAsync();
        using var response = await gateway.PostAsync(path, Body().Match(curl).Groups["json"].Value);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains("Mock response to: ", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_readme_lists_the_headers_of_an_answer()
    {
        await using var gateway = await GatewayHost.StartAsync();
        using var response = await gateway.ChatAsync(Some.ChatRequest("mock-model-v1"));
        var listed = Page.Read("README.md").Table("header").Where(row => !row[1].StartsWith("only ", StringComparison.Ordinal))
            .Select(row => row[0].Trim('`'));

        Assert.Equal(
            response.Headers.Select(header => header.Key.ToLowerInvariant())
                .Where(name => name.StartsWith("x-", StringComparison.Ordinal)).Order(),
            listed.Order());
    }

    [Fact]
    public async Task The_readme_lists_the_endpoints_and_the_page_of_the_admin_api_those_of_that()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var served = gateway.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Select(endpoint => (
                Method: endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods[0],
                Path: endpoint.RoutePattern.RawText!.Replace("**", "", StringComparison.Ordinal)
                    .Replace(":regex(:)", "", StringComparison.Ordinal)))
            .Where(endpoint => endpoint.Method is not null && !s_prefixes.Any(endpoint.Path.StartsWith))
            .Select(endpoint => $"{endpoint.Method} {endpoint.Path}").ToLookup(IsAdmin);

        Assert.Equal(served[false].Order(), Page.Read("README.md").Table("endpoint").Select(row => row[0].Trim('`')).Order());
        Assert.Equal(served[true].Order(), Page.Read("docs/admin.md").Table("path").Select(row => row[0].Trim('`')).Order());

        static bool IsAdmin(string endpoint) => endpoint.Contains(" /admin", StringComparison.Ordinal);
    }

    [Covers("S001-46")]
    [Fact]
    public void The_page_of_errors_is_the_policy_of_errors()
    {
        var rows = Page.Read("docs/errors.md").Table("kind").ToDictionary(row => row[0].Trim('`'));
        Assert.Equal(Enum.GetNames<CallErrorKind>().Order(), rows.Keys.Order());
        foreach (var kind in Enum.GetValues<CallErrorKind>())
        {
            var policy = CallErrorPolicy.Of(kind);
            var row = rows[kind.ToString()];
            Assert.Equal(policy.Status.ToString(CultureInfo.InvariantCulture), row[1].Split(' ')[0]);
            Assert.Equal($"`{policy.Code}`", row[2]);
            Assert.Equal(new CallError(kind, "").MayFallBack ? "yes" : "no", row[3]);
            Assert.All(row, cell => Assert.NotEqual("", cell));
        }
    }

    [Fact]
    public void The_way_of_a_request_is_described_in_at_most_eight_files()
    {
        var files = Page.Read("docs/request-path.md").Links.Where(link => link.EndsWith(".cs", StringComparison.Ordinal))
            .Distinct().ToList();

        Assert.InRange(files.Count, 1, 8);
        // In the order of the request: each has a numbered heading.
        Assert.Equal(files.Count, Step().Count(Page.Read("docs/request-path.md").Text));
    }

    [Covers("S000-20")]
    [Fact]
    public void The_page_on_providers_shows_an_entry_that_the_catalogue_takes()
    {
        var entries = Page.Read("docs/adding-a-provider.md").Blocks("json").ToList();
        var catalog = ProviderCatalog.Parse(Encoding.UTF8.GetBytes($$"""{ "providers": [ {{string.Join(',', entries)}} ] }"""));

        Assert.NotEmpty(entries);
        Assert.Equal(entries.Count, catalog.All.Count);
        Assert.Empty(Providers.ProviderDescriptorValidator.ValidateAll(catalog.All));
    }

    [Fact]
    public void Every_package_has_its_reason_and_licence()
    {
        var decision = Repository.Read("docs/decisions/0002-dependencies.md");
        foreach (var package in XDocument.Load(Repository.FullPath("Directory.Packages.props")).Descendants("PackageVersion"))
            Assert.Contains($"| {package.Attribute("Include")!.Value} |", decision, StringComparison.Ordinal);
    }

    [Fact]
    public void Decisions_are_numbered_dated_and_have_the_templates_parts()
    {
        var records = Repository.Files.Where(
            path => path.StartsWith("docs/decisions/0", StringComparison.Ordinal)
                && !path.EndsWith("0000-template.md", StringComparison.Ordinal)).ToList();
        Assert.Equal(
            Enumerable.Range(1, records.Count),
            records.Select(path => int.Parse(Path.GetFileName(path)[..4], CultureInfo.InvariantCulture)));
        foreach (var path in records)
        {
            var text = Repository.Read(path);
            Assert.Matches(@"\A# \d{4}\. [^\n]+\n\nDate: 20\d\d-\d\d-\d\d\nStatus: (accepted|replaced by \d{4})\n", text);
            Assert.All(
                new[] { "## Question", "## Decision", "## Why", "## Consequences" },
                part => Assert.Contains(part + "\n", text, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void The_changelog_knows_the_version_being_built()
    {
        var version = XDocument.Load(Repository.FullPath("Directory.Build.props")).Descendants("Version").Single().Value;
        Assert.Contains($"## {version}", Repository.Read("CHANGELOG.md"), StringComparison.Ordinal);
    }

    [GeneratedRegex(@"http://[^\s'""]+")]
    private static partial Regex Url();

    [GeneratedRegex(@"-d '(?<json>[^']+)'")]
    private static partial Regex Body();

    [GeneratedRegex(@"^## \d\. ", RegexOptions.Multiline)]
    private static partial Regex Step();
}
