using System.Globalization;
using System.Text;
using Microsoft.Playwright;
using Xunit;

namespace Switchyard.Dashboard.Tests;

/// <summary>The ledger compared with a provider's bill.</summary>
public sealed class ReconcileTests(Site site, Browser browser) : IClassFixture<Site>
{
    [Fact]
    public async Task What_agrees_and_what_does_not_is_shown_with_what_it_probably_comes_from()
    {
        var ours = (await site.AskAsync("/admin/usage?since=today&by=model")).GetProperty("by_model").GetProperty("up/some-model");
        var input = ours.GetProperty("input_tokens").GetInt64();
        var tab = await site.OpenAsync(browser, Site.ViewerKey, "reconcile");

        await CompareAsync(tab, $"some-model,{input},{ours.GetProperty("requests").GetInt64()}");
        await Assertions.Expect(tab.Locator("#agreeing")).ToHaveAttributeAsync("value", "1");
        await Assertions.Expect(tab.Locator("#compared")).ToHaveAttributeAsync("value", "1");

        // In a new page the button is disabled until the file has been read; here it would still compare the file of before.
        await Site.GoAsync(tab, "reconcile");
        await CompareAsync(tab, $"some-model,{input + 7},{ours.GetProperty("requests").GetInt64()}");
        await Assertions.Expect(tab.Locator("#agreeing")).ToHaveAttributeAsync("value", "0");
        await Assertions.Expect(tab.Locator(".badge.warn")).ToHaveTextAsync("7");
    }

    [Fact]
    public async Task A_file_that_is_no_export_is_reported()
    {
        var tab = await site.OpenAsync(browser, Site.ViewerKey, "reconcile");
        await SendAsync(tab, "name,colour\nx,y\n");
        await Assertions.Expect(tab.Locator(".problem")).ToContainTextAsync("one of them the day");
    }

    private static Task CompareAsync(IPage tab, string line)
    {
        var day = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        return SendAsync(tab, $"date,model,input_tokens,requests\n{day},{line}\n");
    }

    private static async Task SendAsync(IPage tab, string export)
    {
        await tab.SelectOptionAsync("#provider", "up");
        await tab.SetInputFilesAsync("#export", new FilePayload
        {
            Name = "export.csv", MimeType = "text/csv", Buffer = Encoding.UTF8.GetBytes(export),
        });
        await tab.ClickAsync("main form button:not([disabled])");
    }
}
