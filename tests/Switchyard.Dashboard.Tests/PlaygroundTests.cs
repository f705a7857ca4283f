using Microsoft.Playwright;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Dashboard.Tests;

/// <summary>One question to several models, with a client's key.</summary>
public sealed class PlaygroundTests(Site site, Browser browser) : IClassFixture<Site>
{
    private const string Markup = "<img src=x onerror=window.taken=true>";

    [Fact]
    public async Task Models_answer_side_by_side_on_the_key_of_a_client_and_as_text()
    {
        var pieces = Some.ChatStream(usage: true);
        pieces[1] = Some.Chunk($$"""{"content":"{{Markup}}"}""");
        site.Upstream.ThenStream(pieces).ThenStream(pieces);
        var tab = await site.OpenAsync(browser, Site.ViewerKey, "playground");
        await AskAsync(tab, Site.ClientKey, "fast", "up/some-model", "broken/no-model");

        var answers = tab.Locator(".answer");
        await Assertions.Expect(answers).ToHaveCountAsync(3);
        foreach (var index in (int[])[0, 1])
        {
            await Assertions.Expect(answers.Nth(index).Locator(".said")).ToHaveTextAsync(Markup + " there");
            await Assertions.Expect(answers.Nth(index).Locator(".note").First).ToContainTextAsync("9 tokens in, 2 out");
        }

        await Assertions.Expect(answers.Nth(2).Locator(".problem")).ToBeVisibleAsync();
        Assert.False(await tab.EvaluateAsync<bool>("window.taken === true"));
        Assert.Equal(0, await tab.Locator("pre", new() { HasText = Site.ClientKey }).CountAsync());
        await answers.First.GetByText("As code").ClickAsync();
        await Assertions.Expect(answers.First.Locator("pre").First).ToContainTextAsync("it'\\''s");
        await answers.First.GetByText("The call").ClickAsync();
        await Assertions.Expect(tab.Locator("h1")).ToHaveTextAsync("Call");
        await Assertions.Expect(tab.Locator("main")).ToContainTextAsync("ci");
    }

    [Fact]
    public async Task The_owner_of_a_key_is_led_to_no_page_that_they_may_not_see()
    {
        site.Upstream.ThenStream(Some.ChatStream(usage: true));
        var tab = await site.OpenAsync(browser, Site.ClientKey, "playground");
        await tab.FillAsync("#model-0", "fast");
        await tab.FillAsync("#prompt", "What nobody else asks");
        await tab.ClickAsync("button.primary");

        await Assertions.Expect(tab.Locator(".answer .note").First).ToContainTextAsync("2 out");
        Assert.Equal(0, await tab.Locator(".answer a").CountAsync());
    }

    [Fact]
    public async Task An_admin_key_calls_no_model()
    {
        var tab = await site.OpenAsync(browser, Site.AdminKey, "playground");
        await AskAsync(tab, Site.AdminKey, "fast");
        await Assertions.Expect(tab.Locator(".problem")).ToContainTextAsync("an admin key cannot call models");
    }

    private static async Task AskAsync(IPage tab, string key, params string[] models)
    {
        for (var i = 0; i < models.Length; i++)
            await tab.FillAsync($"#model-{i}", models[i]);
        await tab.FillAsync("#client-key", key);
        await tab.FillAsync("#prompt", "What it's about");
        await tab.ClickAsync("button.primary");
    }
}
