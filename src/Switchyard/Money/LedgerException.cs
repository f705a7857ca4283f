namespace Switchyard.Money;

/// <summary>The ledger cannot answer. The message says why and what to do; it holds no address and no password.</summary>
public sealed class LedgerException : Exception
{
    /// <summary>Makes one.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="message">What happened, and the way out.</param>
    /// <param name="inner">What caused it.</param>
    public LedgerException(LedgerFailure reason, string message, Exception? inner = null)
        : base(message, inner) => Reason = reason;

    /// <summary>Why.</summary>
    public LedgerFailure Reason { get; }
}

/// <summary>Why a ledger cannot answer.</summary>
public enum LedgerFailure
{
    /// <summary>No ledger is configured.</summary>
    None,

    /// <summary>The database is away, or is not in the shape this version needs.</summary>
    Away,

    /// <summary>The question takes longer than a page may take.</summary>
    TooSlow,

    /// <summary>The question has no answer: there is no such page or group.</summary>
    Invalid,
}
