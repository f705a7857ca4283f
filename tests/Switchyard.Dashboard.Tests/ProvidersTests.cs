using Microsoft.Playwright;
using Xunit;

namespace Switchyard.Dashboard.Tests;

/// <summary>How providers are, as the admin API says, and how they are switched.</summary>
public sealed class ProvidersTests(Site site, Browser browser) : IClassFixture<Site>
{
    [Fact]
    public async Task Its_figures_are_those_of_the_admin_api_and_each_hour_says_how_calls_ended()
    {
        var tab = await site.OpenAsync(browser, Site.ViewerKey, "providers");

        var metrics = (await site.AskAsync("/admin/status")).GetProperty("metrics");
        foreach (var name in (string[])["up", "broken"])
            Assert.Equal(metrics.GetProperty(name).GetProperty("total_requests").GetRawText(), await ValueAsync(tab, $"#attempts-{name}"));
        await Assertions.Expect(tab.Locator("td.good-cell").First).ToHaveAttributeAsync(
            "title", "calls: 3, failed: 0, left by their client: 0");
        await Assertions.Expect(tab.Locator("td.bad-cell").First).ToHaveAttributeAsync(
            "title", "calls: 1, failed: 1, left by their client: 0");
        Assert.Equal(0, await tab.Locator("main button").CountAsync());
    }

    [Fact]
    public async Task An_operator_disables_and_enables_one()
    {
        var tab = await site.OpenAsync(browser, Site.OperatorKey, "providers");
        await tab.GetByLabel("Disable broken").ClickAsync();
        await tab.GetByText("Really disable").ClickAsync();

        await Assertions.Expect(tab.GetByLabel("Enable broken")).ToBeVisibleAsync();
        Assert.False((await site.AskAsync("/admin/providers/broken")).GetProperty("enabled").GetBoolean());
        await tab.GetByLabel("Enable broken").ClickAsync();
        await Assertions.Expect(tab.GetByLabel("Disable broken")).ToBeVisibleAsync();
        Assert.True((await site.AskAsync("/admin/providers/broken")).GetProperty("enabled").GetBoolean());
    }

    private static async Task<string> ValueAsync(IPage tab, string figure) => await tab.GetAttributeAsync(figure, "value") ?? "";
}
