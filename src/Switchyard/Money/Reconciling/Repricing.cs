using Switchyard.Canonical;

namespace Switchyard.Money.Reconciling;

/// <summary>The cost of a model's entries in a period, before and after.</summary>
/// <param name="Provider">The provider.</param>
/// <param name="Model">The model.</param>
internal sealed record RepricedModel(string Provider, string Model)
{
    /// <summary>The number of entries whose cost changes.</summary>
    public long Entries { get; set; }

    /// <summary>The number of those that had no cost.</summary>
    public long WereUnpriced { get; set; }

    /// <summary>Their cost before, in nano-dollars.</summary>
    public long Before { get; set; }

    /// <summary>Their cost now, in nano-dollars.</summary>
    public long After { get; set; }

    /// <summary>The price used now: its source and date.</summary>
    public string? PriceVersion { get; set; }
}

/// <summary>Recalculates the cost of a period's entries with the current prices. Token counts do not change.</summary>
internal static class Repricing
{
    private const int Batch = 200;

    /// <summary>Recalculates, and with <paramref name="corrections"/> writes the result.</summary>
    /// <param name="ledger">The entries.</param>
    /// <param name="filter">The entries to recalculate.</param>
    /// <param name="priceOf">Returns the price of a provider's model on a day; null if unknown: the entry is then not changed.</param>
    /// <param name="corrections">Writes the corrections; null only calculates.</param>
    /// <param name="cancellationToken">Ends the work between two batches.</param>
    /// <returns>The changes, by model.</returns>
    public static async Task<IReadOnlyList<RepricedModel>> RunAsync(
        IUsageReader ledger,
        UsageFilter filter,
        Func<string, string, DateOnly, ModelPrice?> priceOf,
        ILedgerCorrections? corrections,
        CancellationToken cancellationToken)
    {
        var prices = new Dictionary<(string, string, DateOnly), ModelPrice?>();
        var models = new SortedDictionary<string, RepricedModel>(StringComparer.Ordinal);
        var batch = new List<LedgerCorrection>(Batch);
        await foreach (var entry in ledger.ReadAsync(filter, cancellationToken).ConfigureAwait(false))
        {
            if (Correct(entry) is not { } correction)
                continue;
            Count(correction);
            batch.Add(correction);
            if (batch.Count == Batch)
                await WriteAsync().ConfigureAwait(false);
        }

        await WriteAsync().ConfigureAwait(false);
        return [.. models.Values];

        LedgerCorrection? Correct(LedgerEntry entry)
        {
            // Cached answers cost nothing at any price, and calls with an unknown outcome have no counts.
            if (entry.Outcome is LedgerOutcome.Unknown or LedgerOutcome.Cached || entry.Usage.Total is null || entry.Provider.Length == 0)
                return null;
            var day = DateOnly.FromDateTime(entry.StartedAt.UtcDateTime);
            if (!prices.TryGetValue((entry.Provider, entry.Model, day), out var price))
                prices[(entry.Provider, entry.Model, day)] = price = priceOf(entry.Provider, entry.Model, day);
            return price is null ? null : Correction(entry, price);
        }

        void Count(LedgerCorrection correction)
        {
            var (before, after) = (correction.Before, correction.After);
            var name = $"{before.Provider}/{before.Model}";
            if (!models.TryGetValue(name, out var model))
                models[name] = model = new RepricedModel(before.Provider, before.Model);
            model.Entries++;
            model.WereUnpriced += before.Unpriced == Unpriced.None ? 0 : 1;
            model.Before += before.Cost.Total;
            model.After += after.Cost.Total;
            model.PriceVersion = after.PriceVersion;
        }

        async Task WriteAsync()
        {
            if (corrections is not null && batch.Count > 0)
                await corrections.CorrectAsync(batch, "reprice", cancellationToken).ConfigureAwait(false);
            batch.Clear();
        }
    }

    /// <summary>An entry with its cost by another price; null if that is the same.</summary>
    private static LedgerCorrection? Correction(LedgerEntry entry, ModelPrice price)
    {
        var ofTier = entry.Operation == BatchPrice.Name ? BatchPrice.Of(price) : price.At(ModelPrice.TierOf(entry.PriceVersion));
        var why = Unpriced.None;
        var cost = entry.Operation == Settlement.Counting ? default : ofTier.CostOf(entry.Usage, out why);
        // The number of a batch's answers is not in the ledger: what they cost by their number stays.
        if (entry.Operation == BatchPrice.Name && (entry.Unpriced, why) == (Unpriced.None, Unpriced.None)
            && BatchPrice.IsByRequest(ofTier))
            cost = cost with { Request = entry.Cost.Request };
        return cost == entry.Cost && why == entry.Unpriced
            ? null
            : new(entry, entry with { Cost = cost, Unpriced = why, PriceVersion = ofTier.Version });
    }
}
