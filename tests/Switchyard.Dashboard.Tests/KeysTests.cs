using Microsoft.Playwright;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Dashboard.Tests;

/// <summary>Client keys, created and revoked in the browser.</summary>
public sealed class KeysTests(Site site, Browser browser) : IClassFixture<Site>
{
    [Fact]
    public async Task A_key_is_shown_once_works_and_is_revoked()
    {
        var tab = await site.OpenAsync(browser, Site.AdminKey, "keys");
        var before = (int)Site.Number(await ValueAsync(tab, "#keys"));
        await tab.FillAsync("#name", "nightly");
        await tab.FillAsync("#tenant", "acme");
        await tab.ClickAsync("button.primary");

        var key = await tab.Locator("#made").InnerTextAsync();
        await Assertions.Expect(tab.Locator("#keys")).ToHaveAttributeAsync("value", $"{before + 1}");
        Assert.Equal(before + 1, (await site.AskAsync("/admin/keys")).GetProperty("data").GetArrayLength());
        site.Upstream.ThenJson(Some.ChatCompletion());
        using (var answer = await site.Gateway.ChatAsync(Some.ChatRequest("fast", "By night"), ("Authorization", $"Bearer {key}")))
            Assert.Equal(200, (int)answer.StatusCode);
        await Site.GoAsync(tab, "keys");
        Assert.DoesNotContain(key, await tab.ContentAsync(), StringComparison.Ordinal);

        await tab.GetByLabel("Revoke nightly").ClickAsync();
        // A screen reader announces the button's new label.
        await tab.GetByLabel("Really revoke nightly").ClickAsync();
        await Assertions.Expect(tab.Locator("tr", new() { HasText = "nightly" }).First).ToContainTextAsync("revoked");
        using var refused = await site.Gateway.ChatAsync(Some.ChatRequest("fast"), ("Authorization", $"Bearer {key}"));
        Assert.Equal(401, (int)refused.StatusCode);
        await site.AuditedAsync("POST /admin/keys/{name}/revoke");
        var audit = await site.AskAsync("/admin/audit");
        Assert.DoesNotContain(key, audit.GetRawText(), StringComparison.Ordinal);
        Assert.Contains("POST /admin/keys/{name}/revoke", audit.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_user_who_is_no_admin_creates_no_key_and_a_refusal_is_shown()
    {
        await using (var window = await browser.OpenAsync(site.Gateway.Address))
        {
            var tab = await window.NewPageAsync();
            await Site.SignInAsync(tab, Site.OperatorKey, "keys");
            Assert.Equal(0, await tab.Locator("main form").CountAsync());
        }

        await using (var window = await browser.OpenAsync(site.Gateway.Address))
        {
            var tab = await window.NewPageAsync();
            await Site.SignInAsync(tab, Site.AdminKey, "keys");
            await tab.FillAsync("#name", "ci");
            await tab.ClickAsync("button.primary");
            await Assertions.Expect(tab.Locator(".problem")).ToContainTextAsync("ci");
        }
    }

    private static async Task<string> ValueAsync(IPage tab, string figure) => await tab.GetAttributeAsync(figure, "value") ?? "";
}
