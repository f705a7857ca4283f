using Deque.AxeCore.Commons;
using Microsoft.Playwright;
using Xunit;

namespace Switchyard.Dashboard.Tests;

/// <summary>Rules for every page: no error, accessible, fits a phone's width, shows no secret.</summary>
public sealed class PageTests(Site site, Browser browser) : IClassFixture<Site>
{
    private static readonly string s_axe = new BundledAxeScriptProvider().GetScript();

    public static TheoryData<string> Pages() => [
        "", "live", "calls", "call?id=call-1", "explain?model=fast", "spend", "reconcile", "budgets", "providers", "configuration", "keys",
        "cache",
        "models", "experiments", "plugins", "audit", "playground", "connect",
    ];

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task A_page_has_no_error_is_readable_for_everybody_and_as_wide_as_a_phone(string page)
    {
        var tab = await site.OpenTabAsync(browser, Site.AdminKey);
        var errors = new List<string>();
        var elsewhere = new List<string>();
        tab.Console += SayConsole;
        tab.PageError += SayError;
        tab.Request += SayRequest;
        await Site.GoAsync(tab, page);

        await AssertReadableAsync(tab);
        await KeepPictureAsync(tab, page, "light");
        await tab.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Dark });
        await AssertReadableAsync(tab, "color-contrast");
        await KeepPictureAsync(tab, page, "dark");
        await tab.SetViewportSizeAsync(390, 844);
        await KeepPictureAsync(tab, page, "phone");
        Assert.Equal(0, await tab.EvaluateAsync<int>("Math.max(0, document.documentElement.scrollWidth - window.innerWidth)"));
        await tab.ClickAsync("button.menu");
        await Assertions.Expect(tab.Locator("nav#pages")).ToBeVisibleAsync();
        Assert.Equal(0, await tab.EvaluateAsync<int>("Math.max(0, document.documentElement.scrollWidth - window.innerWidth)"));

        var shown = await tab.ContentAsync();
        Assert.All(Site.Secrets, secret => Assert.DoesNotContain(secret, shown, StringComparison.Ordinal));
        Assert.Empty(errors);
        Assert.Empty(elsewhere);
        tab.Console -= SayConsole;
        tab.PageError -= SayError;
        tab.Request -= SayRequest;

        void SayConsole(object? sender, IConsoleMessage message)
        {
            if (message.Type is "error" or "warning")
                errors.Add($"{message.Text} ({message.Location})");
        }

        void SayError(object? sender, string error) => errors.Add(error);

        void SayRequest(object? sender, IRequest request)
        {
            if (!request.Url.StartsWith(site.Gateway.Address.ToString(), StringComparison.Ordinal)
                && !request.Url.StartsWith("data:", StringComparison.Ordinal))
                elsewhere.Add(request.Url);
        }
    }

    [Fact]
    public async Task The_form_to_sign_in_is_readable_for_everybody()
    {
        await using var window = await browser.OpenAsync(site.Gateway.Address, isPhone: true);
        var tab = await window.NewPageAsync();
        await tab.GotoAsync("/dashboard/");
        await AssertReadableAsync(tab);
        await tab.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Dark });
        await AssertReadableAsync(tab, "color-contrast");
    }

    [Fact]
    public async Task Colours_follow_the_system_until_they_are_chosen()
    {
        await using var window = await browser.OpenAsync(site.Gateway.Address, isDark: true);
        var tab = await window.NewPageAsync();
        await Site.SignInAsync(tab, Site.ViewerKey);
        var dark = await GroundAsync(tab);

        await tab.SelectOptionAsync("#colours", "light");
        var light = await GroundAsync(tab);
        await Site.GoAsync(tab, "live");

        Assert.NotEqual(dark, light);
        Assert.Equal(light, await GroundAsync(tab));
        Assert.Equal("light", await tab.InputValueAsync("#colours"));
    }

    [Fact]
    public async Task The_menu_and_the_page_are_reached_with_the_keyboard()
    {
        var tab = await site.OpenAsync(browser, Site.ViewerKey);
        // The content is loaded after the page: until then there is nothing to focus.
        await Assertions.Expect(tab.Locator("main a").First).ToBeVisibleAsync();

        await tab.FocusAsync(".skip");
        await tab.Keyboard.PressAsync("Enter");
        await Assertions.Expect(tab.Locator("main")).ToBeFocusedAsync();
        await tab.Keyboard.PressAsync("Tab");
        await Assertions.Expect(tab.Locator("main :focus")).ToHaveCountAsync(1);
        await tab.FocusAsync("nav a[href='live']");
        await tab.Keyboard.PressAsync("Enter");
        await Assertions.Expect(tab.Locator("h1")).ToHaveTextAsync("Live");
    }

    /// <summary>For README and reviews: SWITCHYARD_PICTURES names a folder to keep them in.</summary>
    private static async Task KeepPictureAsync(IPage tab, string page, string colours)
    {
        var name = page.Length == 0 ? "overview" : page.Split('?')[0];
        if (Environment.GetEnvironmentVariable("SWITCHYARD_PICTURES") is { Length: > 0 } folder)
            await tab.ScreenshotAsync(new() { Path = Path.Combine(folder, $"{name}-{colours}.png"), FullPage = true });
    }

    private static Task<string> GroundAsync(IPage tab) => tab.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor");

    /// <summary>
    /// Runs axe in the page itself: its own runner opens another page for each run, which takes longer than all rules together.
    /// </summary>
    /// <param name="tab">The page.</param>
    /// <param name="rule">The only rule to run; null for all. In another colour scheme only contrast can change.</param>
    private static async Task AssertReadableAsync(IPage tab, string? rule = null)
    {
        if (!await tab.EvaluateAsync<bool>("'axe' in window"))
            await tab.EvaluateAsync(s_axe);
        Assert.Empty(await tab.EvaluateAsync<string[]>(
            """
            rule => axe.run(document, { resultTypes: ['violations'], ...(rule ? { runOnly: [rule] } : {}) }).then(found => found.violations
              .filter(violation => violation.impact === 'serious' || violation.impact === 'critical')
              .map(violation => `${violation.id}: ${violation.nodes.map(node => node.html).join(', ')}`))
            """,
            rule));
    }
}
