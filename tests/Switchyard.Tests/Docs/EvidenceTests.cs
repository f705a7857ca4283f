using Switchyard.Tests.Architecture;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Docs;

/// <summary>The pages that others rely on exist and are complete.</summary>
public sealed class EvidenceTests
{
    [Covers("S002-80")]
    [Fact]
    public void The_page_of_providers_is_the_catalogue()
    {
        var page = ProviderPage.Write();
        if (Environment.GetEnvironmentVariable("SWITCHYARD_WRITE_DOCS") == "1")
            File.WriteAllText(Repository.FullPath(ProviderPage.Path), page);
        else
            Assert.Equal(page, Repository.Read(ProviderPage.Path));
    }

    [Covers("S002-80")]
    [Theory]
    [InlineData("docs/adding-a-provider.md", "ProviderBase")]
    [InlineData("docs/adding-a-provider.md", "engine.Registry.RegisterAsync")]
    [InlineData("docs/request-path.md", "SwitchyardEngine")]
    [InlineData("docs/embedding.md", "AddSwitchyard")]
    [InlineData("docs/providers.md", "`openai`")]
    public void Contract_registry_architecture_container_and_providers_have_their_pages(string path, string told)
    {
        Assert.Contains(told, Repository.Read(path), StringComparison.Ordinal);
        Assert.Contains(path, Repository.Read("README.md"), StringComparison.Ordinal);
    }

    [Covers("S001-104")]
    [Fact]
    public void A_provider_is_complete_when_each_of_fourteen_parts_is_shown()
    {
        var rows = Page.Read("docs/adding-a-provider.md").Table("part");

        Assert.Equal(
            [
                "API documentation", "configuration schema", "contract", "documentation", "egress", "errors", "health", "manual test",
                "metrics of calls", "metrics of rotations", "registration", "retries", "security review", "tests",
            ],
            rows.Select(row => row[0]).Order(StringComparer.Ordinal));
        Assert.All(rows, row => Assert.NotEmpty(row[1]));
    }

    [Covers("S001-106", "S004-40")]
    [Fact]
    public void What_to_look_at_when_something_is_wrong_and_how_to_go_back_is_written_down()
    {
        var page = Page.Read("docs/operations.md");

        Assert.Equal(
            ["a provider is not found", "a credential is not found", "metrics do not appear", "a health check fails"],
            page.Table("seen").Select(row => row[0]).Take(4));
        Assert.Contains("going-back", page.Anchors);
    }
}
