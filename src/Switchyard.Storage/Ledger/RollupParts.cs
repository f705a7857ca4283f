using Switchyard.Money;

namespace Switchyard.Storage.Ledger;

/// <summary>The parts of a key that roll-ups may distinguish.</summary>
[Flags]
internal enum RollupParts
{
    /// <summary>Times alone.</summary>
    None = 0,

    /// <summary>Keys.</summary>
    Keys = 1,

    /// <summary>Tenants.</summary>
    Tenants = 2,

    /// <summary>Keys and tenants.</summary>
    Callers = Keys | Tenants,

    /// <summary>Providers, models, and the names asked for.</summary>
    Models = 4,
}

/// <summary>The parts that a question needs.</summary>
internal static class RollupPartsOf
{
    /// <summary>The parts that must be distinguished.</summary>
    /// <param name="filter">Which entries are meant.</param>
    /// <param name="by">What figures are split by.</param>
    public static RollupParts Question(UsageFilter filter, IReadOnlyList<UsageGrouping> by)
    {
        var asked = RollupParts.None;
        if (filter.Key is not null)
            asked |= RollupParts.Keys;
        if (filter.Tenant is not null)
            asked |= RollupParts.Tenants;
        if (filter.Provider is not null || filter.Model is not null || filter.Alias is not null)
            asked |= RollupParts.Models;
        foreach (var group in by)
        {
            asked |= group switch
            {
                UsageGrouping.Key => RollupParts.Keys,
                UsageGrouping.Tenant => RollupParts.Tenants,
                UsageGrouping.Provider or UsageGrouping.Model or UsageGrouping.Alias => RollupParts.Models,
                _ => RollupParts.None,
            };
        }

        return asked;
    }
}
