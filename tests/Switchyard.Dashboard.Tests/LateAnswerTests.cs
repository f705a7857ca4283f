using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Switchyard.Money;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Dashboard.Tests;

/// <summary>What was read for one address is not shown at another.</summary>
public sealed class LateAnswerTests(Browser browser)
{
    [Fact]
    public async Task The_figures_of_a_period_that_is_no_longer_asked_for_are_not_shown()
    {
        var ledger = new HeldLedger();
        await using var gateway = await GatewayHost.StartAsync(
            options =>
            {
                options.Admin.Key = Site.AdminKey;
                options.Providers["mock"] = new();
            },
            switchyard => switchyard.Services.AddSingleton<IUsageReader>(ledger),
            app => app.UseSwitchyardDashboard());
        await using var window = await browser.OpenAsync(gateway.Address);
        var tab = await window.NewPageAsync();
        await Site.SignInAsync(tab, Site.AdminKey, "spend?since=today");
        var calls = tab.Locator("#calls");
        await Assertions.Expect(calls).ToHaveAttributeAsync("value", "1");

        await tab.SelectOptionAsync("#since", "30d");
        await ledger.Asked.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        // Only once the first figures are gone do those below show that the page is at the address of today again.
        await Assertions.Expect(calls).ToHaveCountAsync(0);
        await tab.SelectOptionAsync("#since", "today");
        await Assertions.Expect(calls).ToHaveAttributeAsync("value", "1");
        ledger.Answer();
        // A page's events are handled in order: once the menu is open, the late answer has been handled, too.
        await tab.Locator("button.menu").DispatchEventAsync("click");
        await Assertions.Expect(tab.Locator("button.menu")).ToHaveAttributeAsync("aria-expanded", "true");

        Assert.Equal("1", await calls.GetAttributeAsync("value"));
        Assert.Equal("today", await tab.InputValueAsync("#since"));
    }

    /// <summary>Today there was one call, in 30 days there were 30. A question about 30 days is answered when the test says so.</summary>
    private sealed class HeldLedger : IUsageReader
    {
        private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Asked => _asked.Task;

        public void Answer() => _answer.TrySetResult();

        public async Task<UsageSummary> SummarizeAsync(UsageQuery query, CancellationToken cancellationToken)
        {
            var isLong = query.Filter.Since < TimeProvider.System.GetUtcNow().AddDays(-3);
            if (isLong)
            {
                _asked.TrySetResult();
                await _answer.Task.WaitAsync(cancellationToken);
            }

            return new() { Query = query, Total = new() { Finished = isLong ? 30 : 1 } };
        }

        public Task<LedgerPage> ListAsync(UsageFilter filter, int limit, string? after, CancellationToken cancellationToken) =>
            Task.FromResult(new LedgerPage([], null));

        public IAsyncEnumerable<LedgerEntry> ReadAsync(UsageFilter filter, CancellationToken cancellationToken) =>
            AsyncEnumerable.Empty<LedgerEntry>();
    }
}
