using Switchyard.Money;

namespace Switchyard.Storage.Ledger;

/// <summary>
/// A table of roll-ups: how much of an entry it distinguishes. A question is answered by the table with the fewest lines that contains
/// what it asks for. Immutable.
/// </summary>
/// <param name="Table">The table. All have the columns of <see cref="RollupKey"/>; those that are not distinguished are empty.</param>
/// <param name="Kept">The parts that are distinguished.</param>
/// <param name="Span">The time that a line covers.</param>
internal sealed record RollupLevel(string Table, RollupParts Kept, RollupSpan Span)
{
    /// <summary>Everything, by the hour.</summary>
    public static readonly RollupLevel Hours = new("rollups", RollupParts.Callers | RollupParts.Models, RollupSpan.Hour);

    /// <summary>Without keys and tenants: an hour has as many lines as models, however many keys call them.</summary>
    public static readonly RollupLevel OfModels = new("rollups_of_models", RollupParts.Models, RollupSpan.Hour);

    /// <summary>Keys and tenants by the day, of the hours that have been gathered.</summary>
    public static readonly RollupLevel Days = new("rollups_of_days", RollupParts.Callers, RollupSpan.Day);

    /// <summary>Keys and tenants by the month, of the hours that have been gathered: a line for each key.</summary>
    public static readonly RollupLevel Months = new("rollups_of_months", RollupParts.Callers, RollupSpan.Month);

    /// <summary>Tenants without their keys by the day, of the hours that have been gathered.</summary>
    public static readonly RollupLevel TenantDays = new("rollups_of_tenant_days", RollupParts.Tenants, RollupSpan.Day);

    /// <summary>Tenants without their keys by the month, of the hours that have been gathered: a line for each tenant.</summary>
    public static readonly RollupLevel TenantMonths = new("rollups_of_tenant_months", RollupParts.Tenants, RollupSpan.Month);

    /// <summary>The levels that are written with every entry, in this order.</summary>
    public static readonly RollupLevel[] Written = [Hours, OfModels];

    /// <summary>The table of the level that answers a question if nothing has been gathered.</summary>
    /// <param name="filter">Which entries are meant.</param>
    /// <param name="by">What figures are split by.</param>
    public static RollupLevel For(UsageFilter filter, IReadOnlyList<UsageGrouping> by) =>
        (RollupPartsOf.Question(filter, by) & RollupParts.Callers) == 0 ? OfModels : Hours;

    /// <summary>The line of this level to which a line of <see cref="Hours"/> belongs.</summary>
    public RollupKey Of(RollupKey line) => new(
        Span.Begin(line.Hour),
        Kept.HasFlag(RollupParts.Keys) ? line.Key : "",
        Kept.HasFlag(RollupParts.Tenants) ? line.Tenant : "",
        Kept.HasFlag(RollupParts.Models) ? line.Provider : "",
        Kept.HasFlag(RollupParts.Models) ? line.Model : "",
        Kept.HasFlag(RollupParts.Models) ? line.Alias : "");
}
