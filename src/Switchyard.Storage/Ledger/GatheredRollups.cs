using Switchyard.Money;

namespace Switchyard.Storage.Ledger;

/// <summary>
/// Days and months built from <see cref="RollupLevel.Hours"/> when an hour is over, see <see cref="RollupGatherer"/>.
/// </summary>
/// <param name="Days">The days.</param>
/// <param name="Months">The months.</param>
/// <param name="Mark">The column of <c>rollups_gathered</c> with the first hour that is not in them.</param>
internal sealed record GatheredRollups(RollupLevel Days, RollupLevel Months, string Mark)
{
    /// <summary>Of keys, with their tenants.</summary>
    public static readonly GatheredRollups OfKeys = new(RollupLevel.Days, RollupLevel.Months, "until");

    /// <summary>Of tenants.</summary>
    public static readonly GatheredRollups OfTenants = new(RollupLevel.TenantDays, RollupLevel.TenantMonths, "tenants_until");

    /// <summary>All of them, in the order in which they are written.</summary>
    public static readonly GatheredRollups[] All = [OfKeys, OfTenants];

    /// <summary>Its levels, in the order in which they are written.</summary>
    public RollupLevel[] Levels { get; } = [Days, Months];

    /// <summary>Those with the fewest lines that can answer a question; null if only hours can.</summary>
    /// <param name="filter">Which entries are meant.</param>
    /// <param name="by">What figures are split by.</param>
    public static GatheredRollups? For(UsageFilter filter, IReadOnlyList<UsageGrouping> by) =>
        by.Any(group => group is UsageGrouping.Day or UsageGrouping.Hour) ? null : RollupPartsOf.Question(filter, by) switch
        {
            RollupParts.Tenants => OfTenants,
            RollupParts.Keys or RollupParts.Callers => OfKeys,
            _ => null,
        };
}

/// <summary>The first hour that is not in each of <see cref="GatheredRollups"/>, as the database stores it.</summary>
internal readonly record struct GatheredUntil(long Keys, long Tenants)
{
    /// <summary>The statement that reads them.</summary>
    public static string Sql { get; } =
        $"select {GatheredRollups.OfKeys.Mark}, {GatheredRollups.OfTenants.Mark} from rollups_gathered";

    /// <summary>The first hour that is not in some of them.</summary>
    public long Of(GatheredRollups rollups) => rollups == GatheredRollups.OfTenants ? Tenants : Keys;
}
