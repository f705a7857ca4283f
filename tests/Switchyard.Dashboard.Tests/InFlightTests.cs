using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Switchyard.Auditing;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Dashboard.Tests;

/// <summary>The running calls: viewers see them, and only permitted roles end them.</summary>
public sealed class InFlightTests(Site site, Browser browser) : IClassFixture<Site>
{
    private const string Markup = "<script>window.taken=true</script><img src=x onerror=window.taken=true>";

    [Fact]
    public async Task A_call_is_seen_ended_by_an_operator_and_that_stands_in_the_audit_log()
    {
        site.Upstream.ThenHang();
        var call = site.CallAsync(Some.ChatRequest("up/some-model", "Stay"), ("x-request-id", "call-to-end"));
        var tab = await site.OpenAsync(browser, Site.OperatorKey, "live");

        var row = tab.Locator("tr", new() { HasText = "call-to-end" });
        await Assertions.Expect(row).ToContainTextAsync("waiting for provider");
        await row.GetByText("End", new() { Exact = true }).ClickAsync();
        await row.GetByText("Really end it").ClickAsync();

        Assert.Equal(503, (int)(await call).StatusCode);
        await Assertions.Expect(row).ToHaveCountAsync(0);
        var audit = site.Gateway.Services.GetRequiredService<AuditLog>();
        // The call ends a moment before that is recorded.
        await Wait.ForAsync(async () =>
            (await audit.ListAsync(null, 10, CancellationToken.None)).Any(entry => entry.Fact.Target == "call-to-end"));
        var entry = (await audit.ListAsync(null, 10, CancellationToken.None)).First(entry => entry.Fact.Target == "call-to-end");
        Assert.Equal(
            ("on-call", "DELETE /admin/calls/in-flight/{id}", "done"), (entry.Fact.Who, entry.Fact.Operation, entry.Fact.Outcome));
    }

    [Fact]
    public async Task A_call_that_has_ended_meanwhile_is_shown_as_such_and_the_audit_log_does_not_say_that_it_was_ended()
    {
        const string Id = "call-that-has-ended";
        site.Upstream.ThenHang();
        var call = site.CallAsync(Some.ChatRequest("up/some-model", "Leave"), ("x-request-id", Id));
        var tab = await site.OpenAsync(browser, Site.OperatorKey, "live");
        var row = tab.Locator("tr", new() { HasText = Id });
        await Assertions.Expect(row).ToContainTextAsync("waiting for provider");
        // As in a background tab: the page is not updated.
        await tab.EvaluateAsync(
            """
            () => {
              Object.defineProperty(document, 'hidden', { value: true });
              document.dispatchEvent(new Event('visibilitychange'));
            }
            """);
        // A page's events reach the gateway in order: once the filter has had its effect, the gateway knows that the tab is hidden.
        await tab.FillAsync("#match", "nothing like it");
        await Assertions.Expect(row).ToHaveCountAsync(0);
        await tab.FillAsync("#match", Id);
        await Assertions.Expect(row).ToHaveCountAsync(1);
        site.Gateway.Engine.EndCalls(Id);
        (await call).Dispose();
        // A call leaves the list after its answer.
        await Wait.ForAsync(() => site.Gateway.Engine.ListRunning().All(running => running.Id != Id));

        await row.GetByText("End", new() { Exact = true }).ClickAsync();
        // The same button, so that it keeps the focus and a screen reader announces its new label.
        await Assertions.Expect(tab.GetByLabel($"Really end it: {Id}")).ToBeFocusedAsync();
        await tab.Keyboard.PressAsync("Enter");

        await Assertions.Expect(tab.Locator(".problem")).ToContainTextAsync("is no longer running");
        var audit = site.Gateway.Services.GetRequiredService<AuditLog>();
        var entry = (await audit.ListAsync(null, 10, CancellationToken.None)).First(entry => entry.Fact.Target == Id);
        Assert.Equal((404, "refused: call_not_running"), (entry.Fact.Status, entry.Fact.Outcome));
    }

    [Fact]
    public async Task A_viewer_sees_it_and_cannot_end_it_and_markup_in_it_is_text()
    {
        site.Upstream.ThenHang();
        var model = $"up/{Markup}";
        var call = site.CallAsync(Some.ChatRequest(model, "Stay"), ("x-request-id", "call-to-see"));
        var tab = await site.OpenAsync(browser, Site.ViewerKey, "live");

        var row = tab.Locator("tr", new() { HasText = "call-to-see" });
        await Assertions.Expect(row).ToContainTextAsync(Markup);
        Assert.Equal(0, await tab.Locator("td button").CountAsync());
        Assert.False(await tab.EvaluateAsync<bool>("window.taken === true"));
        await tab.FillAsync("#match", "nothing like it");
        await Assertions.Expect(row).ToHaveCountAsync(0);
        site.Gateway.Engine.EndCalls("call-to-see");
        (await call).Dispose();
    }
}
