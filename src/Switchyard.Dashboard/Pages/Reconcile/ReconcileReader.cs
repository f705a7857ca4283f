using Microsoft.Extensions.DependencyInjection;
using Switchyard.Engine;
using Switchyard.Money;
using Switchyard.Money.Reconciling;

namespace Switchyard.Dashboard.Pages.Reconcile;

/// <summary>Puts the ledger beside a provider's export, as <c>switchyard usage reconcile</c> does. Thread-safe.</summary>
internal sealed class ReconcileReader(SwitchyardEngine engine, IServiceProvider services)
{
    /// <summary>The longest export in bytes.</summary>
    public const int LongestExport = 10_000_000;

    /// <summary>Whose exports there can be.</summary>
    public IReadOnlyList<string> Providers => [.. engine.GetAllProviders().Select(provider => provider.Name)];

    /// <summary>Compares.</summary>
    /// <param name="provider">Whose export it is.</param>
    /// <param name="export">What its file holds: CSV or JSON.</param>
    /// <exception cref="FormatException">It is no export.</exception>
    /// <exception cref="LedgerException">There is no ledger, it is away, or it took too long.</exception>
    public async Task<ReconcileReading> ReadAsync(string provider, string export)
    {
        var ledger = services.GetService<IUsageReader>()
            ?? throw new LedgerException(LedgerFailure.None, "There is no ledger: set storage.ledger, and what calls cost is kept.");
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

/// <summary>The ledger beside an export.</summary>
/// <param name="Groups">Each day and model.</param>
/// <param name="Unknown">How many calls of the time have an end that is not known.</param>
internal sealed record ReconcileReading(IReadOnlyList<ReconciledGroup> Groups, int Unknown)
{
    /// <summary>How many days and models agree.</summary>
    public int Agreeing => Groups.Count(group => !group.IsDifferent);
}
