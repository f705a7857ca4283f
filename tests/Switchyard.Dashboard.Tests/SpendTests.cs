using Microsoft.Playwright;
using Xunit;

namespace Switchyard.Dashboard.Tests;

/// <summary>The cost of calls, as <c>GET /admin/usage</c> reports it.</summary>
public sealed class SpendTests(Site site, Browser browser) : IClassFixture<Site>
{
    [Fact]
    public async Task Its_figures_are_those_of_the_admin_api_and_lead_to_the_calls()
    {
        var tab = await site.OpenAsync(browser, Site.ViewerKey, "spend?since=today&by=provider");

        var usage = await site.AskAsync("/admin/usage?since=today&by=provider");
        Assert.Equal(usage.GetProperty("total_cost").GetDecimal(), Site.Number(await ValueAsync(tab, "#cost")));
        Assert.Equal(usage.GetProperty("total_requests").GetRawText(), await ValueAsync(tab, "#calls"));
        Assert.Equal(
            usage.GetProperty("total").GetProperty("outcomes").GetProperty("failed").GetRawText(), await ValueAsync(tab, "#failed"));
        var row = tab.Locator("tr", new() { Has = tab.GetByRole(AriaRole.Link, new() { Name = "up", Exact = true }) });
        var up = usage.GetProperty("by_provider").GetProperty("up");
        Assert.Equal(up.GetProperty("cost").GetDecimal(), Site.Number((await row.Locator("data").Last.GetAttributeAsync("value"))!));

        await row.GetByRole(AriaRole.Link).ClickAsync();
        await Assertions.Expect(tab.Locator("h1")).ToHaveTextAsync("Calls");
        await Assertions.Expect(tab.Locator("tbody tr")).ToHaveCountAsync(3);
    }

    [Fact]
    public async Task It_is_split_as_the_user_chooses()
    {
        var tab = await site.OpenAsync(browser, Site.ViewerKey, "spend");
        await tab.SelectOptionAsync("#by", "key");
        await Assertions.Expect(tab.GetByRole(AriaRole.Link, new() { Name = "ci", Exact = true })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task What_is_added_up_call_by_call_comes_after_the_page()
    {
        var tab = await site.OpenAsync(browser, Site.ViewerKey, "spend?since=today&by=tag");

        var usage = await site.AskAsync("/admin/usage?since=today&by=tag");
        Assert.Equal(usage.GetProperty("total_requests").GetRawText(), await ValueAsync(tab, "#calls"));
        await Assertions.Expect(tab.GetByRole(AriaRole.Rowheader, new() { Name = "none", Exact = true })).ToBeVisibleAsync();
    }

    private static async Task<string> ValueAsync(IPage tab, string figure) => await tab.GetAttributeAsync(figure, "value") ?? "";
}
