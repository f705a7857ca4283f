using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Dashboard.Tests;

/// <summary>A tab is shown again while its connection is lost, as after a computer has slept.</summary>
public sealed class ReconnectTests(Site site, Browser browser) : IClassFixture<Site>
{
    private const string Id = "call-after-reconnect";

    [Fact]
    public async Task A_page_that_was_shown_while_its_connection_was_lost_is_kept_current_again()
    {
        var tab = await site.OpenAsync(browser, Site.ViewerKey, "live");
        await tab.EvaluateAsync(
            """
            () => {
              Object.defineProperty(document, 'hidden', { value: true, configurable: true });
              document.dispatchEvent(new Event('visibilitychange'));
              Object.defineProperty(document, 'hidden', { value: false, configurable: true });
              document.getElementById('components-reconnect-modal')
                .dispatchEvent(new CustomEvent('components-reconnect-state-changed', { detail: { state: 'hide' } }));
            }
            """);
        site.Upstream.ThenHang();
        var call = site.CallAsync(Some.ChatRequest("up/some-model", "Stay"), ("x-request-id", Id));

        await Assertions.Expect(tab.Locator("tr", new() { HasText = Id })).ToHaveCountAsync(1);
        site.Gateway.Engine.EndCalls(Id);
        (await call).Dispose();
    }

    [Theory]
    [InlineData("retrying")]
    [InlineData("failed")]
    public async Task A_page_whose_session_ended_while_its_connection_was_lost_leads_to_sign_in_and_from_there_back(string state)
    {
        await using var window = await browser.OpenAsync(site.Gateway.Address);
        var tab = await window.NewPageAsync();
        await Site.SignInAsync(tab, Site.ViewerKey, "live");
        // As after a restart of the gateway, which then no longer knows the session.
        await window.ClearCookiesAsync();
        Assert.Equal(401, await tab.EvaluateAsync<int>("async () => (await fetch('_blazor/negotiate', { method: 'POST' })).status"));

        await LoseAsync(tab, state);

        await tab.WaitForURLAsync(new Regex("/dashboard/sign-in\\?return=%2Fdashboard%2Flive$"));
    }

    [Fact]
    public async Task A_page_is_not_left_while_a_proxy_answers_in_the_place_of_the_gateway()
    {
        await using var window = await browser.OpenAsync(site.Gateway.Address);
        var tab = await window.NewPageAsync();
        await Site.SignInAsync(tab, Site.ViewerKey, "live");
        await window.ClearCookiesAsync();
        var tries = 0;
        await tab.RouteAsync(
            new Regex("/_blazor/negotiate"),
            route => ++tries == 1 ? route.FulfillAsync(new() { Status = 503 }) : route.ContinueAsync());

        await LoseAsync(tab, "failed");

        await tab.WaitForURLAsync(new Regex("/dashboard/sign-in\\?return="));
        Assert.Equal(2, tries);
    }

    [Fact]
    public async Task A_page_whose_state_the_gateway_no_longer_has_is_loaded_again()
    {
        var tab = await site.OpenAsync(browser, Site.ViewerKey, "live");
        await tab.EvaluateAsync("() => { window.isOld = true; }");

        await LoseAsync(tab, "rejected");

        await tab.WaitForFunctionAsync("() => window.isOld !== true");
        await Site.LiveAsync(tab);
    }

    [Fact]
    public async Task Blazor_says_that_a_connection_is_back_by_the_event_that_is_listened_for()
    {
        var script = await site.Gateway.Http.GetStringAsync("/dashboard/assets/any/blazor.web.js", TestContext.Current.CancellationToken);

        Assert.Contains("\"components-reconnect-state-changed\"", script, StringComparison.Ordinal);
        Assert.Contains("{state:\"hide\"}", script, StringComparison.Ordinal);
        Assert.Contains("{state:\"rejected\"}", script, StringComparison.Ordinal);
        Assert.Contains("{state:\"failed\"}", script, StringComparison.Ordinal);
    }

    private static async Task LoseAsync(IPage tab, string state) => await tab.EvaluateAsync(
        """
        state => {
          document.getElementById('components-reconnect-modal')
            .dispatchEvent(new CustomEvent('components-reconnect-state-changed', { detail: { state } }));
        }
        """,
        state);
}
