using Microsoft.Extensions.DependencyInjection;
using Switchyard.Calls;
using Switchyard.Limits;
using Switchyard.Money;
using Switchyard.Overview;

namespace Switchyard.Dashboard.Pages.Mine;

/// <summary>Reads the figures of a client's key that its owner may see. Thread-safe.</summary>
internal sealed class MineReader(OwnFigures own, IServiceProvider services, TimeProvider time)
{
    private const int MostModels = 20;
    private const int MostCalls = 50;

    public async Task<MineReading> ReadAsync(Caller caller)
    {
        var (limits, budgets) = (own.LimitsOf(caller), own.BudgetsOf(caller));
        if (services.GetService<IUsageReader>() is not { } ledger)
            return new(limits, budgets, null, [], HasMoreModels: false, [], "There is no ledger (storage.ledger).");
        var today = new DateTimeOffset(time.GetUtcNow().UtcDateTime.Date, TimeSpan.Zero);
        var month = new UsageFilter { Key = caller.Name, Since = today.AddDays(1 - today.Day) };
        try
        {
            var sums = await ledger.SummarizeAsync(
                new() { Filter = month, By = [UsageGrouping.Alias], Limit = MostModels }, CancellationToken.None);
            var calls = await ledger.ListAsync(new() { Key = caller.Name }, MostCalls, null, CancellationToken.None);
            return new(limits, budgets, sums.Total, sums.Groups, sums.HasMore, calls.Entries, null);
        }
        catch (LedgerException away)
        {
            return new(limits, budgets, null, [], HasMoreModels: false, [], away.Message);
        }
    }
}

/// <summary>The use of one client's key.</summary>
/// <param name="Limits">Its limits, and those of its tenants.</param>
/// <param name="Budgets">Its budgets, and those of its tenants.</param>
/// <param name="Month">Its calls since the first of the month; null if the ledger cannot be read.</param>
/// <param name="Models">The same by the model asked for, in descending order of cost.</param>
/// <param name="HasMoreModels">Whether there are more models than these.</param>
/// <param name="Calls">Its last calls.</param>
/// <param name="Problem">Why the ledger cannot be read; null if it was.</param>
internal sealed record MineReading(
    IReadOnlyList<LimitStatus> Limits,
    IReadOnlyList<BudgetStatus> Budgets,
    UsageFigures? Month,
    IReadOnlyList<UsageGroup> Models,
    bool HasMoreModels,
    IReadOnlyList<LedgerEntry> Calls,
    string? Problem);
