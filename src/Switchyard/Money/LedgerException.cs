namespace Switchyard.Money;

/// <summary>The ledger cannot answer. The message gives reason and remedy; it contains no address and no password.</summary>
public sealed class LedgerException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="reason">The reason.</param>
    /// <param name="message">What happened, and the remedy.</param>
    /// <param name="inner">The cause.</param>
    public LedgerException(LedgerFailure reason, string message, Exception? inner = null)
        : base(message, inner) => Reason = reason;

    /// <summary>The reason.</summary>
    public LedgerFailure Reason { get; }
}

/// <summary>The reason why a ledger cannot answer.</summary>
public enum LedgerFailure
{
    /// <summary>No ledger is configured.</summary>
    None,

    /// <summary>The database is unavailable, or its schema does not fit this version.</summary>
    Away,

    /// <summary>The query takes longer than a page may take.</summary>
    TooSlow,

    /// <summary>The query is invalid: there is no such page or group.</summary>
    Invalid,
}
