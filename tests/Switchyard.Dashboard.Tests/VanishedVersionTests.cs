using System.Globalization;
using Microsoft.Playwright;
using Switchyard.Configuration.Runtime;
using Xunit;

namespace Switchyard.Dashboard.Tests;

/// <summary>A version of the settings that leaves the history while a page compares with it.</summary>
public sealed class VanishedVersionTests(Site site, Browser browser) : IClassFixture<Site>
{
    [Fact]
    public async Task A_version_that_is_not_kept_any_more_is_named_and_the_page_goes_on()
    {
        var configuration = site.Gateway.Engine.Configuration;
        for (var i = 1; i <= 2; i++)
            await SetAsync(i);
        var tab = await site.OpenAsync(browser, Site.AdminKey, "configuration");
        await tab.Locator("tr.version").Nth(1).GetByText("Compare").ClickAsync();
        await Assertions.Expect(tab.Locator("#difference")).ToContainTextAsync("routing.max_fallbacks");

        for (var i = 1; i <= RuntimeConfiguration.HistoryLength; i++)
            await SetAsync(i % 3);

        await Assertions.Expect(tab.Locator("#difference"))
            .ToHaveTextAsync("Version 1 is not kept any more: choose another one from the list.");
        await Assertions.Expect(tab.Locator("#version")).ToHaveAttributeAsync(
            "value", configuration.Version.ToString(CultureInfo.InvariantCulture));

        Task SetAsync(int value) => configuration.UpdateAsync(new Dictionary<string, string?>
        {
            ["routing.max_fallbacks"] = value.ToString(CultureInfo.InvariantCulture),
        });
    }
}
