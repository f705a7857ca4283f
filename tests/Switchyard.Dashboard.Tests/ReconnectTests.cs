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

    [Fact]
    public async Task Blazor_says_that_a_connection_is_back_by_the_event_that_is_listened_for()
    {
        var script = await site.Gateway.Http.GetStringAsync("/dashboard/assets/any/blazor.web.js", TestContext.Current.CancellationToken);

        Assert.Contains("\"components-reconnect-state-changed\"", script, StringComparison.Ordinal);
        Assert.Contains("{state:\"hide\"}", script, StringComparison.Ordinal);
    }
}
