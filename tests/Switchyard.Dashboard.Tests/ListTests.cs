using Microsoft.Playwright;
using Xunit;

namespace Switchyard.Dashboard.Tests;

/// <summary>The pages with lists: models and prices, the audit log, settings for clients.</summary>
public sealed class ListTests(Site site, Browser browser) : IClassFixture<Site>
{
    [Fact]
    public async Task Models_have_the_price_that_is_configured_and_say_whose_it_is()
    {
        var tab = await site.OpenAsync(browser, Site.ViewerKey, "models");
        await tab.FillAsync("#match", "some-model");

        var row = tab.Locator("tbody tr").First;
        // Before the filter has had its effect, the first row is another model, of the same price.
        await Assertions.Expect(row.GetByRole(AriaRole.Rowheader)).ToHaveTextAsync("up/some-model");
        await Assertions.Expect(row).ToContainTextAsync("$3.00");
        await Assertions.Expect(row).ToContainTextAsync("$15.00");
        await row.GetByText("Explain").ClickAsync();
        await Assertions.Expect(tab.Locator("tr.candidate")).ToContainTextAsync("up/some-model");
    }

    [Fact]
    public async Task The_audit_log_says_what_was_changed_and_whether_it_is_whole()
    {
        using (var change = new HttpRequestMessage(HttpMethod.Delete, "/admin/cache"))
        {
            change.Headers.Authorization = new("Bearer", Site.OperatorKey);
            (await site.Gateway.Http.SendAsync(change)).Dispose();
        }

        var tab = await site.OpenAsync(browser, Site.ViewerKey, "audit");

        await Assertions.Expect(tab.Locator("tbody tr").First).ToContainTextAsync("DELETE /admin/cache");
        await Assertions.Expect(tab.Locator("tbody tr").First).ToContainTextAsync("on-call");
        await tab.GetByText("Verify the log").ClickAsync();
        await Assertions.Expect(tab.Locator("#verdict")).ToContainTextAsync("intact");
    }

    [Fact]
    public async Task The_owner_of_a_key_gets_settings_for_clients_with_the_model_they_name()
    {
        var tab = await site.OpenAsync(browser, Site.ClientKey, "connect");
        await tab.FillAsync("#model", "fast");

        await Assertions.Expect(tab.Locator("pre").First).ToContainTextAsync("\"model\":\"fast\"");
        await Assertions.Expect(tab.Locator("pre").First).ToContainTextAsync($"{site.Gateway.Address}v1/chat/completions");
        Assert.DoesNotContain(Site.ClientKey, await tab.ContentAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_owner_of_a_key_sees_what_the_admin_api_tells_them()
    {
        var tab = await site.OpenAsync(browser, Site.ClientKey, "mine");

        var usage = await site.AskAsync("/admin/usage?since=month&key=ci");
        Assert.Equal(usage.GetProperty("total_requests").GetRawText(), await tab.GetAttributeAsync("#mine-calls", "value"));
        Assert.Equal(usage.GetProperty("total_cost").GetDecimal(), Site.Number((await tab.GetAttributeAsync("#mine-cost", "value"))!));
        Assert.Equal(0, await tab.Locator("nav a[href='keys']").CountAsync());
    }
}
