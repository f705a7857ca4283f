using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Money;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Dashboard.Tests;

/// <summary>The overview while the ledger answers short questions in time, and long ones too late.</summary>
public sealed class SlowLedgerTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_does_not_need_the_sums_of_the_month_is_shown()
    {
        await using var gateway = await GatewayHost.StartAsync(
            options =>
            {
                options.Admin.Key = Site.AdminKey;
                options.Providers["up"] = new() { BaseUrl = "http://127.0.0.1:1/v1", Key = "sk-upstream-secret", Models = ["some-model"] };
            },
            switchyard => switchyard.Services.AddSingleton<IUsageReader, SlowLedger>(),
            app => app.UseSwitchyardDashboard());
        using var visitor = WebVisitor.Open(gateway);
        (await WebVisitor.SignInAsync(visitor, Site.AdminKey)).Dispose();

        var page = await visitor.GetStringAsync("/dashboard/", Stop);

        Assert.Contains("id=\"attempts-up\"", page, StringComparison.Ordinal);
        Assert.Contains("The costs of calls cannot be read: The ledger took too long.", page, StringComparison.Ordinal);
        Assert.DoesNotContain("class=\"problem\"", page, StringComparison.Ordinal);
    }

    private sealed class SlowLedger : IUsageReader
    {
        public Task<UsageSummary> SummarizeAsync(UsageQuery query, CancellationToken cancellationToken) =>
            query.By is [UsageGrouping.Provider]
            ? Task.FromResult(new UsageSummary { Query = query, Total = new(), Groups = [] })
            : Task.FromException<UsageSummary>(new OperationCanceledException());

        public Task<LedgerPage> ListAsync(UsageFilter filter, int limit, string? after, CancellationToken cancellationToken) =>
            Task.FromException<LedgerPage>(new OperationCanceledException());

        public IAsyncEnumerable<LedgerEntry> ReadAsync(UsageFilter filter, CancellationToken cancellationToken) =>
            throw new OperationCanceledException();
    }
}
