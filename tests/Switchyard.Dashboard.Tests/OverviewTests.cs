using Microsoft.Playwright;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Dashboard.Tests;

/// <summary>The overview shows the admin API's figures.</summary>
public sealed class OverviewTests(Site site, Browser browser) : IClassFixture<Site>
{
    [Fact]
    public async Task Its_figures_are_those_of_the_admin_api()
    {
        var tab = await site.OpenAsync(browser, Site.ViewerKey);

        var status = await site.AskAsync("/admin/status");
        var month = await site.AskAsync("/admin/usage?since=month");
        var costs = status.GetProperty("costs");
        Assert.Equal(costs.GetProperty("total_requests").GetRawText(), await ValueAsync(tab, "#requests-today"));
        Assert.Equal(costs.GetProperty("total_cost").GetDecimal(), Site.Number(await ValueAsync(tab, "#cost-today")));
        Assert.Equal(month.GetProperty("total_cost").GetDecimal(), Site.Number(await ValueAsync(tab, "#cost-month")));
        Assert.Equal(status.GetProperty("cache").GetProperty("total_hits").GetRawText(), await ValueAsync(tab, "#cache-hits"));
        Assert.Equal(
            status.GetProperty("metrics").GetProperty("up").GetProperty("total_requests").GetRawText(),
            await ValueAsync(tab, "#attempts-up"));
        Assert.Equal(
            month.GetProperty("total").GetProperty("outcomes").GetProperty("failed").GetRawText(), await ValueAsync(tab, "#today-failed"));
        await Assertions.Expect(tab.Locator(".plot svg").First).ToBeVisibleAsync();
    }

    [Fact]
    [Covers("S003-119")]
    public async Task Cache_limits_costs_metrics_configuration_and_providers_are_shown_live()
    {
        var overview = await site.OpenAsync(browser, Site.ViewerKey);
        var budgets = await overview.Context.NewPageAsync();
        await Site.GoAsync(budgets, "budgets");
        var before = await site.AskAsync("/admin/status");
        var counted = before.GetProperty("rateLimits").EnumerateArray()
            .Single(limit => limit.GetProperty("name").GetString() == "up").GetProperty("requests").GetInt64();
        site.Upstream.ThenJson(Some.ChatCompletion()).ThenHang();

        // A call that is answered, its repetition, and one that still runs.
        (await site.CallAsync(Some.ChatRequest("fast", "Once"))).Dispose();
        (await site.CallAsync(Some.ChatRequest("fast", "Once"))).Dispose();
        var call = site.CallAsync(Some.ChatRequest("fast", "Stay"));
        Assert.True(await site.Gateway.Engine.SetProviderEnabledAsync("broken", false));

        await ShowsAsync(overview, "#in-flight", "1");
        await ShowsAsync(overview, "#cache-hits", $"{before.GetProperty("cache").GetProperty("total_hits").GetInt64() + 1}");
        await ShowsAsync(overview, "#requests-today", $"{before.GetProperty("costs").GetProperty("total_requests").GetInt64() + 2}");
        await ShowsAsync(overview, "#attempts-up", "4");
        await ShowsAsync(overview, "#generation", $"{before.GetProperty("generation").GetInt64() + 1}");
        await Assertions.Expect(overview.Locator("tr", new() { HasText = "broken" })).ToContainTextAsync("disabled");
        await Assertions.Expect(overview.Locator("#cost-today")).Not.ToHaveAttributeAsync(
            "value", before.GetProperty("costs").GetProperty("total_cost").GetRawText());
        // A hidden tab is not updated; it is as soon as it becomes visible.
        await budgets.BringToFrontAsync();
        await ShowsAsync(budgets, "[id='limit-up-rpm']", $"{counted + 2}");

        foreach (var running in site.Gateway.Engine.ListRunning())
            site.Gateway.Engine.EndCalls(running.Id);
        (await call).Dispose();
        await overview.BringToFrontAsync();
        await ShowsAsync(overview, "#in-flight", "0");
        // The ended call reaches the ledger a moment later, which another test of the class must not see happen.
        await ShowsAsync(overview, "#requests-today", $"{before.GetProperty("costs").GetProperty("total_requests").GetInt64() + 3}");
    }

    private static Task ShowsAsync(IPage tab, string figure, string value) =>
        Assertions.Expect(tab.Locator(figure)).ToHaveAttributeAsync("value", value);

    private static async Task<string> ValueAsync(IPage tab, string figure) => await tab.GetAttributeAsync(figure, "value") ?? "";
}
