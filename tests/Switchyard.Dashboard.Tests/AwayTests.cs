using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Configuration;
using Switchyard.Money;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Dashboard.Tests;

/// <summary>Pages while the ledger's database is unavailable: everything that does not need it is shown.</summary>
public sealed class AwayTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Providers_and_budgets_are_shown_with_what_the_ledger_cannot_say()
    {
        await using var gateway = await StartAsync();
        using var visitor = WebVisitor.Open(gateway);
        (await WebVisitor.SignInAsync(visitor, Site.AdminKey)).Dispose();

        var providers = await visitor.GetStringAsync("/dashboard/providers", Stop);
        var budgets = await visitor.GetStringAsync("/dashboard/budgets", Stop);

        Assert.Contains("id=\"attempts-up\"", providers, StringComparison.Ordinal);
        Assert.Contains("These hours cannot be read from the ledger: It is away.", providers, StringComparison.Ordinal);
        Assert.Contains("No budget has been used yet", budgets, StringComparison.Ordinal);
        Assert.Contains("The ledger cannot list the calls with an unknown end:", budgets, StringComparison.Ordinal);
        Assert.All((string[])[providers, budgets], page => Assert.DoesNotContain("class=\"problem\"", page, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("GET", "/admin/budgets/unknown")]
    [InlineData("POST", "/admin/budgets/unknown/0193a2b4-0000-7000-8000-000000000000")]
    public async Task The_admin_api_says_that_the_ledger_is_away(string method, string path)
    {
        await using var gateway = await StartAsync();
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Site.AdminKey);
        if (method == "POST")
            request.Content = new StringContent("""{"cost_usd":0}""", System.Text.Encoding.UTF8, "application/json");

        using var answer = await gateway.Http.SendAsync(request, Stop);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Contains("ledger_unavailable", await answer.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
    }

    private static Task<GatewayHost> StartAsync()
    {
        var away = new AwayLedger();
        return GatewayHost.StartAsync(
            options =>
            {
                options.Admin.Key = Site.AdminKey;
                options.Providers["up"] = new() { BaseUrl = "http://127.0.0.1:1/v1", Key = "sk-upstream-secret", Models = ["some-model"] };
                options.Storage.Ledger = "sqlite:never-opened.db";
            },
            switchyard => switchyard.Services.AddSingleton<ILedgerFactory>(away).AddSingleton<IUsageReader>(away),
            app => app.UseSwitchyardDashboard());
    }

    /// <summary>A ledger whose database became unavailable after the start.</summary>
    private sealed class AwayLedger : ILedger, ILedgerFactory, IUsageReader
    {
        public LedgerState Opening => LedgerState.Empty;

        public IBudgetShares? Shares => null;

        public ValueTask<ILedger> OpenAsync(StorageOptions options, CancellationToken cancellationToken) => new(this);

        public void Begin(LedgerEntry intent)
        {
        }

        public void Settle(IReadOnlyList<LedgerEntry> entries)
        {
        }

        public ValueTask SettleDurablyAsync(IReadOnlyList<LedgerEntry> entries) => ValueTask.CompletedTask;

        public ValueTask<IReadOnlyList<LedgerEntry>> FindUnknownAsync(CancellationToken cancellationToken) =>
            ValueTask.FromException<IReadOnlyList<LedgerEntry>>(new TimeoutException("Nobody answers."));

        public ValueTask<bool> ResolveAsync(Guid call, long cost, CancellationToken cancellationToken) =>
            ValueTask.FromException<bool>(new TimeoutException("Nobody answers."));

        public ValueTask<IReadOnlyList<LedgerEntry>> BookUnknownAsync(DateTimeOffset startedBefore, CancellationToken cancellationToken) =>
            ValueTask.FromException<IReadOnlyList<LedgerEntry>>(new TimeoutException("Nobody answers."));

        public ValueTask<bool> TryClaimAsync(string name, CancellationToken cancellationToken) => new(true);

        public Task<UsageSummary> SummarizeAsync(UsageQuery query, CancellationToken cancellationToken) =>
            Task.FromException<UsageSummary>(Away());

        public Task<LedgerPage> ListAsync(UsageFilter filter, int limit, string? after, CancellationToken cancellationToken) =>
            Task.FromException<LedgerPage>(Away());

        public IAsyncEnumerable<LedgerEntry> ReadAsync(UsageFilter filter, CancellationToken cancellationToken) => throw Away();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private static LedgerException Away() => new(LedgerFailure.Away, "It is away.");
    }
}
