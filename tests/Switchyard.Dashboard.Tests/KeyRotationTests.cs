using Microsoft.Playwright;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Dashboard.Tests;

/// <summary>A key that is rotated in the browser works until the clients have the new one.</summary>
public sealed class KeyRotationTests(Site site, Browser browser) : IClassFixture<Site>
{
    [Fact]
    public async Task A_key_is_not_rotated_again_while_its_new_one_is_shown()
    {
        var old = await site.Gateway.Engine.Keys.CreateKeyAsync("twice", [], TestContext.Current.CancellationToken);
        var tab = await site.OpenAsync(browser, Site.AdminKey, "keys");
        var rotate = tab.GetByLabel("Rotate twice");
        await rotate.DblClickAsync();

        await Assertions.Expect(tab.Locator("#made")).ToBeVisibleAsync();
        await Assertions.Expect(rotate).ToBeDisabledAsync();
        Assert.Equal(0, await tab.Locator(".problem").CountAsync());
        site.Upstream.ThenJson(Some.ChatCompletion());
        using var answer = await site.Gateway.ChatAsync(Some.ChatRequest("fast", "Of old"), ("Authorization", $"Bearer {old.Key}"));
        Assert.Equal(200, (int)answer.StatusCode);
        await tab.GetByText("I have it").ClickAsync();
        await Assertions.Expect(rotate).ToBeEnabledAsync();
    }
}
