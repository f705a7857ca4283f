using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.Playwright;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Dashboard.Tests;

/// <summary>The target a call would get, as in the answer of <c>POST /route/explain</c>.</summary>
public sealed class ExplainTests(Site site, Browser browser) : IClassFixture<Site>
{
    [Fact]
    public async Task The_candidates_are_those_of_the_endpoint()
    {
        var tab = await site.OpenAsync(browser, Site.ViewerKey, "explain");
        await tab.FillAsync("#model", "fast");
        await tab.FillAsync("#seed-asked", "7");
        await tab.PressAsync("#seed-asked", "Enter");

        await Assertions.Expect(tab.Locator("#seed")).ToHaveTextAsync("7");
        await Assertions.Expect(tab.Locator("tr.candidate")).ToHaveCountAsync(1);
        await Assertions.Expect(tab.Locator("tr.candidate")).ToContainTextAsync("up/some-model");
        await Assertions.Expect(tab.Locator("tr.candidate")).ToContainTextAsync("chosen");
    }

    [Theory]
    [InlineData("no-such-model", "", "no-such-model")]
    [InlineData("", "", "Name the 'model'")]
    [InlineData("", "{\"model\":\"fast\",\"messages\":7}", "messages")]
    public async Task What_cannot_be_explained_is_reported(string model, string request, string told)
    {
        var tab = await site.OpenAsync(browser, Site.ViewerKey, "explain");
        await tab.FillAsync("#model", model);
        await tab.ClickAsync("summary");
        await tab.FillAsync("#request", request);
        await tab.ClickAsync("button.primary");

        await Assertions.Expect(tab.Locator(".problem")).ToContainTextAsync(told);
    }

    [Theory]
    [InlineData("explain?model=mock/mock-model-v1", "button.primary")]
    [InlineData("audit", "main button")]
    public async Task A_page_that_stayed_open_tells_nothing_more_to_who_has_lost_their_key(string page, string button)
    {
        await using var gateway = await GatewayHost.StartAsync(
            options =>
            {
                options.Admin.Key = Site.AdminKey;
                options.Admin.Keys["looks"] = new() { Key = Site.ViewerKey, Role = "viewer" };
            },
            null,
            app => app.UseSwitchyardDashboard());
        await using var window = await browser.OpenAsync(gateway.Address);
        var tab = await window.NewPageAsync();
        await Site.SignInAsync(tab, Site.ViewerKey, page);

        Assert.True((await gateway.Engine.ApplyAsync(options => options.Admin.Keys.Remove("looks"))).Applied);
        await tab.ClickAsync(button);

        await Assertions.Expect(tab).ToHaveURLAsync(new Regex("/dashboard/sign-in"));
        await Assertions.Expect(tab.Locator("#key")).ToBeVisibleAsync();
    }
}
