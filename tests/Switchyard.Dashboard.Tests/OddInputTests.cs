using System.Text;
using Microsoft.Playwright;
using Xunit;

namespace Switchyard.Dashboard.Tests;

/// <summary>What browsers send only now and then fails no page.</summary>
public sealed class OddInputTests(Site site, Browser browser) : IClassFixture<Site>
{
    [Theory]
    [InlineData("/dashboard/calls?q=key:m\u00fcller")]
    [InlineData("/dashboard/\u0000")]
    [InlineData("/dashboard/a\tb")]
    public async Task An_address_that_no_header_can_hold_leads_to_the_overview(string wanted)
    {
        using var client = WebVisitor.Open(site.Gateway);
        using var answer = await WebVisitor.SignInAsync(client, Site.AdminKey, "?return=" + Uri.EscapeDataString(wanted));

        Assert.Equal((302, "/dashboard/"), ((int)answer.StatusCode, answer.Headers.Location?.OriginalString));
    }

    [Fact]
    public async Task A_file_that_is_taken_out_of_the_field_again_is_compared_no_more()
    {
        var tab = await site.OpenAsync(browser, Site.ViewerKey, "reconcile");
        await tab.SetInputFilesAsync("#export", new FilePayload
        {
            Name = "export.csv", MimeType = "text/csv", Buffer = Encoding.UTF8.GetBytes("date,model,input_tokens\n2030-01-01,x,1\n"),
        });
        var compare = tab.Locator("main form button");
        await Assertions.Expect(compare).ToBeEnabledAsync();

        await tab.SetInputFilesAsync("#export", Array.Empty<string>());

        await Assertions.Expect(compare).ToBeDisabledAsync();
        await Assertions.Expect(tab.Locator("h1")).ToHaveTextAsync("Reconcile");
    }

    [Fact]
    public async Task A_file_that_the_browser_cannot_read_is_reported()
    {
        var tab = await site.OpenAsync(browser, Site.ViewerKey, "reconcile");
        // As with a file that another program has locked.
        await tab.EvaluateAsync("() => { Blob.prototype.arrayBuffer = () => Promise.reject(new Error('locked')); }");
        await tab.SetInputFilesAsync("#export", new FilePayload
        {
            Name = "export.csv", MimeType = "text/csv", Buffer = Encoding.UTF8.GetBytes("date,model,input_tokens\n2030-01-01,x,1\n"),
        });

        await Assertions.Expect(tab.Locator(".problem")).ToContainTextAsync("Choose it again.");
        await Assertions.Expect(tab.Locator("main form button")).ToBeDisabledAsync();
    }
}
