using Microsoft.Playwright;
using Xunit;

namespace Switchyard.Dashboard.Tests;

/// <summary>
/// A page belongs to the session that it was rendered for. The cookie also accompanies connections that a script on another port of the
/// same host opens; with the markup of a page of its own session it could read and operate the pages of its visitor.
/// </summary>
public sealed class SessionOfPageTests(Site site, Browser browser) : IClassFixture<Site>
{
    [Fact]
    public async Task The_markup_of_another_session_opens_nothing()
    {
        var caller = await site.OpenAsync(browser, Site.ClientKey, "mine");
        await using var own = await caller.Context.APIRequest.GetAsync("/dashboard/mine");
        var markup = await own.TextAsync();
        var tab = await site.OpenTabAsync(browser, Site.AdminKey);
        await tab.RouteAsync("**/dashboard/keys", route => route.FulfillAsync(new() { Body = markup, ContentType = "text/html" }));

        await tab.GotoAsync("/dashboard/keys");

        await Assertions.Expect(tab.GetByText("opened in another session")).ToBeVisibleAsync();
        await Assertions.Expect(tab.Locator("h1")).ToHaveCountAsync(0);
        await tab.UnrouteAllAsync();
        await Site.GoAsync(tab, "keys");
        await Assertions.Expect(tab.Locator("h1")).ToHaveTextAsync("Keys and tenants");
    }

    [Fact]
    public async Task Signing_out_in_one_tab_closes_the_pages_of_the_others()
    {
        await using var window = await browser.OpenAsync(site.Gateway.Address);
        var open = await window.NewPageAsync();
        await Site.SignInAsync(open, Site.AdminKey, "live");
        var other = await window.NewPageAsync();
        await Site.GoAsync(other, "calls");

        await other.GetByText("Sign out").ClickAsync();

        await Assertions.Expect(open.Locator("#key")).ToBeVisibleAsync();
    }
}
