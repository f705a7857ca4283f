using Microsoft.Extensions.DependencyInjection;
using Switchyard.Engine;
using Switchyard.Money;
using Switchyard.Money.Reconciling;

namespace Switchyard.Dashboard.Pages.Reconcile;

/// <summary>Compares the ledger with a provider's export, as <c>switchyard usage reconcile</c> does. Thread-safe.</summary>
internal sealed class ReconcileReader(SwitchyardEngine engine, IServiceProvider services)
{
    /// <summary>The maximum size of an export in bytes.</summary>
    public const int LongestExport = 10_000_000;

    /// <summary>The providers whose exports can be compared.</summary>
    public IReadOnlyList<string> Providers => [.. engine.GetAllProviders().Select(provider => provider.Name)];

    /// <summary>Compares an export with the ledger.</summary>
    /// <param name="provider">The provider that the export is from.</param>
    /// <param name="export">The content of its file: CSV or JSON.</param>
    /// <exception cref="FormatException">The text is not an export.</exception>
    /// <exception cref="LedgerException">There is no ledger, it is unavailable, or it took too long.</exception>
    public async Task<ReconcileReading> ReadAsync(string provider, string export)
    {
        var ledger = services.GetService<IUsageReader>()
            ?? throw new LedgerException(LedgerFailure.None, "There is no ledger: set storage.ledger to record what calls cost.");
        var theirs = UsageExport.Read(export);
        var query = Reconciliation.QueryFor(theirs, provider);
        var ours = await ledger.SummarizeAsync(query, CancellationToken.None);
        var unknown = new List<LedgerEntry>();
        await foreach (var call in ledger.ReadAsync(
            new() { Since = query.Filter.Since, Until = query.Filter.Until, Outcome = LedgerOutcome.Unknown }, CancellationToken.None))
            unknown.Add(call);
        return new(Reconciliation.Compare(theirs, ours.Groups, unknown), unknown.Count);
    }
}

/// <summary>The ledger compared with an export.</summary>
/// <param name="Groups">The figures of each day and model.</param>
/// <param name="Unknown">The number of calls in the period whose end is not known.</param>
internal sealed record ReconcileReading(IReadOnlyList<ReconciledGroup> Groups, int Unknown)
{
    /// <summary>The number of days and models that agree.</summary>
    public int Agreeing => Groups.Count(group => !group.IsDifferent);
}
