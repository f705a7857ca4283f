using Microsoft.Playwright;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Dashboard.Tests;

/// <summary>The cache page shows the admin API's figures.</summary>
public sealed class CachePageTests(Site site, Browser browser) : IClassFixture<Site>
{
    [Fact]
    public async Task Its_figures_are_those_of_the_admin_api_and_an_operator_drops_what_it_holds()
    {
        site.Upstream.ThenJson(Some.ChatCompletion());
        (await site.CallAsync(Some.ChatRequest("fast", "Twice"))).Dispose();
        (await site.CallAsync(Some.ChatRequest("fast", "Twice"))).Dispose();
        var tab = await site.OpenAsync(browser, Site.OperatorKey, "cache");

        var cache = (await site.AskAsync("/admin/status")).GetProperty("cache");
        Assert.Equal("1", await ValueAsync(tab, "#hits"));
        Assert.Equal(cache.GetProperty("total_entries").GetRawText(), await ValueAsync(tab, "#entries"));
        Assert.Equal(cache.GetProperty("total_misses").GetRawText(), await ValueAsync(tab, "#misses"));
        Assert.Equal(cache.GetProperty("memory_size_bytes").GetRawText(), await ValueAsync(tab, "#bytes"));
        await Wait.ForAsync(async () => (await site.AskAsync("/admin/usage")).GetProperty("total").GetProperty("outcomes")
            .GetProperty("cached").GetInt64() == 1);
        var spend = await site.OpenAsync(browser, Site.ViewerKey, "spend?since=today");
        var models = (await site.AskAsync("/admin/usage?since=today&by=model")).GetProperty("by_model");
        Assert.Equal(
            models.EnumerateObject().Sum(model => model.Value.GetProperty("saved_by_cache").GetDecimal()),
            Site.Number(await ValueAsync(spend, "#saved")));
        tab = await site.OpenAsync(browser, Site.OperatorKey, "cache");
        await tab.GetByText("Remove every answer").ClickAsync();
        await tab.GetByText("Really remove every answer").ClickAsync();

        await Assertions.Expect(tab.Locator("#entries")).ToHaveAttributeAsync("value", "0");
        Assert.Equal(0, site.Gateway.Engine.Cache.Statistics.TotalEntries);
    }

    [Fact]
    public async Task The_history_names_the_user_who_switched_the_cache()
    {
        var tab = await site.OpenAsync(browser, Site.OperatorKey, "cache");
        await tab.GetByText("Switch it off").ClickAsync();
        await tab.GetByText("Switch it on").ClickAsync();
        await Assertions.Expect(tab.GetByText("Switch it off")).ToBeVisibleAsync();
        await Wait.ForAsync(() => site.Gateway.Engine.Configuration.GetHistory().Count >= 2);

        Assert.Equal(["on-call", "on-call"], site.Gateway.Engine.Configuration.GetHistory().Take(2).Select(version => version.Who));
    }

    private static async Task<string> ValueAsync(IPage tab, string figure) => await tab.GetAttributeAsync(figure, "value") ?? "";
}
