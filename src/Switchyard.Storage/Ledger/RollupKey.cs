using Switchyard.Money;

namespace Switchyard.Storage.Ledger;

/// <summary>The key of a line of the roll-ups. Ordered, so that all writers of several lines use the same order.</summary>
internal readonly record struct RollupKey(long Hour, string Key, string Tenant, string Provider, string Model, string Alias)
    : IComparable<RollupKey>
{
    /// <summary>The milliseconds of an hour.</summary>
    public const long HourLength = 3_600_000;

    /// <summary>Its columns, in the order of <see cref="Value"/>.</summary>
    public static readonly string[] Columns = ["hour", "key", "tenant", "provider", "model", "alias"];

    public static RollupKey Of(LedgerEntry entry)
    {
        var started = entry.StartedAt.ToUnixTimeMilliseconds();
        return new(
            started - (started % HourLength),
            entry.Key ?? "",
            entry.Tenant ?? "",
            entry.Provider,
            entry.Model,
            // An invented name reaches no provider, and must not get a line: a client could create any number.
            entry.Provider.Length == 0 ? "" : entry.Alias);
    }

    public object Value(int column) => column switch
    {
        0 => Hour,
        1 => Key,
        2 => Tenant,
        3 => Provider,
        4 => Model,
        _ => Alias,
    };

    public int CompareTo(RollupKey other)
    {
        var order = Hour.CompareTo(other.Hour);
        for (var i = 1; order == 0 && i < Columns.Length; i++)
            order = string.CompareOrdinal((string)Value(i), (string)other.Value(i));
        return order;
    }
}
