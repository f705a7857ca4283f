using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>The stores for data that must outlive the gateway. A change requires a restart.</summary>
public sealed class StorageOptions
{
    /// <summary>
    /// The database of the ledger and of keys: <c>sqlite:switchyard.db</c> (a file) or <c>postgres://user:password@host/database</c>
    /// (shared by several gateways). Null keeps no ledger.
    /// </summary>
    [ConfigurationKeyName("ledger"), Secret(IsAddress = true)]
    public string? Ledger { get; set; }

    /// <summary>
    /// The file that each gateway writes its calls to before they are copied to a PostgreSQL ledger. It belongs to one process: two
    /// gateways must not share it.
    /// </summary>
    /// <value>The default is <c>switchyard-journal.db</c>.</value>
    [ConfigurationKeyName("journal")]
    public string Journal { get; set; } = "switchyard-journal.db";

    /// <summary>
    /// The Redis that several gateways share for data that may be lost: limits and the cache. <c>redis://[user:password@]host[:port]</c>
    /// or <c>rediss://…</c>. Null shares nothing.
    /// </summary>
    [ConfigurationKeyName("redis"), Secret(IsAddress = true)]
    public string? Redis { get; set; }

    /// <summary>
    /// What an answer waits for: <c>relaxed</c> waits for nothing, and after a crash an answered call may be shown as unknown;
    /// <c>strict</c> holds the last byte back until the call is on disk.
    /// </summary>
    /// <value>The default is <c>relaxed</c>.</value>
    [ConfigurationKeyName("durability"), KnownValues("relaxed", "strict")]
    public string Durability { get; set; } = "relaxed";

    /// <summary>
    /// How long the ledger keeps single calls, such as <c>90d</c>; older ones are deleted, and their hourly totals remain. Null
    /// keeps them. It must be longer than the longest rolling budget.
    /// </summary>
    [ConfigurationKeyName("retention")]
    public TimeSpan? Retention { get; set; }
}
