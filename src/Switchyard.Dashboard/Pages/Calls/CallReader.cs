using Microsoft.Extensions.DependencyInjection;
using Switchyard.Calls;
using Switchyard.Money;
using Switchyard.Overview;

namespace Switchyard.Dashboard.Pages.Calls;

/// <summary>
/// Reads all that is known of one call: its record, where it is among the last, and its lines in the ledger. Thread-safe.
/// </summary>
internal sealed class CallReader(IServiceProvider services)
{
    // A call has a line for each attempt that was counted; a client that sends one id for many calls has many.
    private const int MostLines = 100;

    /// <summary>Reads a call by the id of its answer.</summary>
    public async Task<CallReading> ReadAsync(string id)
    {
        var record = services.GetService<RecentCalls>()?.Find(id);
        if (services.GetService<IUsageReader>() is not { } ledger)
            return new(record, [], "There is no ledger (storage.ledger).");
        try
        {
            var page = await ledger.ListAsync(new() { RequestId = id }, MostLines, null, CancellationToken.None);
            return new(record, [.. page.Entries.OrderBy(line => line.Attempt == 0 ? int.MaxValue : line.Attempt)], null);
        }
        catch (LedgerException away)
        {
            return new(record, [], away.Message);
        }
    }
}

/// <summary>What is known of a call.</summary>
/// <param name="Record">What the gateway remembers of it; null where it is not among the last.</param>
/// <param name="Lines">Its lines in the ledger, the last attempt's at the end.</param>
/// <param name="Problem">Why there are no lines.</param>
internal sealed record CallReading(CallRecord? Record, IReadOnlyList<LedgerEntry> Lines, string? Problem);
