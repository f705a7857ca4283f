using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Dashboard.Tests;

/// <summary>One search box finds calls, and each call shows its attempts, the reasons and its cost.</summary>
public sealed class CallsTests(Site site, Browser browser) : IClassFixture<Site>
{
    [Theory]
    [InlineData("call-2", 1, "request_id")]
    [InlineData("ci", 4, "key")]
    [InlineData("fast", 3, "alias")]
    [InlineData("broken", 1, "provider")]
    [InlineData("provider:up since:1h", 3, null)]
    [InlineData("outcome:failed", 1, null)]
    [InlineData("nothing-like-it", 0, null)]
    public async Task One_box_finds_calls_by_what_a_user_knows_of_them(string search, int count, string? guess)
    {
        var tab = await site.OpenAsync(browser, Site.ViewerKey, "calls");

        await tab.FillAsync("#search", search);
        await tab.PressAsync("#search", "Enter");

        await Assertions.Expect(tab).ToHaveURLAsync(new Regex("calls\\?q="));
        if (count == 0)
            await Assertions.Expect(tab.Locator("#none")).ToBeVisibleAsync();
        else
            await Assertions.Expect(tab.Locator("tbody tr")).ToHaveCountAsync(count);
        if (guess is not null)
            await Assertions.Expect(tab.Locator("p.note code").Last).ToHaveTextAsync(guess);
    }

    [Fact]
    public async Task A_word_that_is_none_is_reported()
    {
        var tab = await site.OpenAsync(browser, Site.ViewerKey, "calls?q=outcome:perhaps");
        await Assertions.Expect(tab.Locator(".problem")).ToContainTextAsync("'outcome' is one of");
    }

    [Fact]
    public async Task A_call_shows_its_attempts_and_the_cost_that_the_admin_api_says()
    {
        var tab = await site.OpenAsync(browser, Site.ViewerKey, "calls?q=call-1");
        await tab.ClickAsync("td a");

        await Assertions.Expect(tab.Locator("#call-id")).ToHaveTextAsync("call-1");
        await Assertions.Expect(AttemptsIn(tab)).ToContainTextAsync("up/some-model");
        var entry = (await site.AskAsync("/admin/calls?request_id=call-1")).GetProperty("data")[0];
        var shown = await tab.GetAttributeAsync("#cost-0", "value");
        Assert.Equal(entry.GetProperty("cost").GetDecimal(), Site.Number(shown!));
    }

    [Fact]
    public async Task A_failed_call_says_what_every_attempt_failed_with()
    {
        var tab = await site.OpenAsync(browser, Site.ViewerKey, "call?id=call-broken");
        await Assertions.Expect(AttemptsIn(tab)).ToContainTextAsync("broken/no-model");
        await Assertions.Expect(tab.GetByRole(AriaRole.Region, new() { Name = "The call" }).First).ToContainTextAsync("failed");
    }

    [Fact]
    public async Task A_copy_for_a_shadow_is_marked_beside_the_call_that_it_is_of()
    {
        using var folder = new TemporaryFolder();
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.ThenJson(Some.ChatCompletion()).ThenJson(Some.ChatCompletion());
        await using var gateway = await Site.StartAsync(
            upstream, folder, options => options.Models["fast"].Shadow = new() { Target = "up/other-model", Share = 1 });
        using var answer = await gateway.ChatAsync(
            Some.ChatRequest("fast"), ("Authorization", $"Bearer {Site.ClientKey}"), ("x-request-id", "the-call"));
        await answer.Content.LoadIntoBufferAsync(TestContext.Current.CancellationToken);
        await using var window = await browser.OpenAsync(gateway.Address);
        var tab = await window.NewPageAsync();
        await Site.SignInAsync(tab, Site.ViewerKey, "calls?q=alias:fast");
        // The copy is in the ledger a moment after the answer of the call.
        await Wait.ForAsync(async () =>
        {
            await Site.GoAsync(tab, "calls?q=alias:fast");
            return await tab.Locator("tbody tr").CountAsync() == 2;
        });

        await Assertions.Expect(tab.Locator("tbody tr", new() { HasText = "copy for a shadow" })).ToHaveCountAsync(1);
        await Assertions.Expect(tab.Locator("tbody tr", new() { HasText = "the-call" })).Not.ToContainTextAsync("copy");
    }

    private static ILocator AttemptsIn(IPage tab) => tab.GetByRole(AriaRole.Region, new() { Name = "The attempts of the call" });
}
