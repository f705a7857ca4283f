using Microsoft.Playwright;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Dashboard.Tests;

/// <summary>Settings, their versions and roll-back.</summary>
public sealed class ConfigurationTests(Site site, Browser browser) : IClassFixture<Site>
{
    [Fact]
    public async Task An_admin_sets_a_setting_sees_what_it_changed_and_goes_back()
    {
        var tab = await site.OpenAsync(browser, Site.AdminKey, "configuration");
        await SetAsync(tab, "routing.max_fallbacks", "2");
        await Assertions.Expect(tab.Locator("#version")).ToHaveAttributeAsync("value", "1");
        await SetAsync(tab, "routing.max_fallbacks", "4");
        await Assertions.Expect(tab.Locator("#version")).ToHaveAttributeAsync("value", "2");
        await Wait.ForAsync(() => site.Gateway.Engine.Options.Routing.MaxFallbacks == 4);

        var first = tab.Locator("tr.version").Nth(1);
        await first.GetByText("Compare").ClickAsync();
        await Assertions.Expect(tab.Locator("#difference")).ToContainTextAsync("routing.max_fallbacks: \"4\" → \"2\"");
        await first.GetByText("Roll back").ClickAsync();
        await first.GetByText("Really roll back").ClickAsync();

        await Assertions.Expect(tab.Locator("#version")).ToHaveAttributeAsync("value", "3");
        await Wait.ForAsync(() => site.Gateway.Engine.Options.Routing.MaxFallbacks == 2);
        // A page that is read during the change may show the new version beside the old generation, until it is read again.
        await Assertions.Expect(tab.Locator("#generation")).ToHaveAttributeAsync(
            "value", (await site.AskAsync("/admin/config")).GetProperty("generation").GetRawText());
        await SetAsync(tab, "routing.max_fallbacks", "a lot");
        await Assertions.Expect(tab.Locator(".problem")).ToContainTextAsync("max_fallbacks");
    }

    [Fact]
    public async Task A_viewer_sees_every_setting_without_secrets_and_changes_none()
    {
        var tab = await site.OpenAsync(browser, Site.ViewerKey, "configuration");
        await tab.CheckAsync("#all");
        await tab.FillAsync("#match", "admin.");

        await Assertions.Expect(tab.Locator("tr", new() { HasText = "admin.key" }).First).ToContainTextAsync("***");
        Assert.Equal(0, await tab.Locator("main form").CountAsync());
        var shown = await tab.ContentAsync();
        Assert.All(Site.Secrets, secret => Assert.DoesNotContain(secret, shown, StringComparison.Ordinal));
    }

    private static async Task SetAsync(IPage tab, string key, string value)
    {
        await tab.FillAsync("#setting", key);
        await tab.FillAsync("#value", value);
        await tab.ClickAsync("main form button");
    }
}
