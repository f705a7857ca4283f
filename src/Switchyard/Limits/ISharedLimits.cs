namespace Switchyard.Limits;

/// <summary>
/// The store in which several gateways count together. Without it each gateway counts for itself. Implemented over Redis by
/// <c>Switchyard.Storage</c>. Thread-safe.
/// </summary>
public interface ISharedLimits
{
    /// <summary>How long a call waits for an answer before the node continues alone.</summary>
    /// <value>The default is 20 ms.</value>
    TimeSpan Patience => TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// Reports the use of several limits, takes the needed amounts from all of them or from none, and takes credit in advance. Never
    /// throws.
    /// </summary>
    /// <param name="node">The id of the asking node. Its credit is reserved for it until its lease ends.</param>
    /// <param name="asks">The limits.</param>
    /// <param name="lease">How long credit is reserved without another message of the node.</param>
    /// <param name="patience">How long to wait at most.</param>
    /// <returns>The answer; null if none arrived in time.</returns>
    ValueTask<SharedLimitAnswer?> ExchangeAsync(string node, IReadOnlyList<SharedLimitAsk> asks, TimeSpan lease, TimeSpan patience);

    /// <summary>Resets the counts of limits. Never throws.</summary>
    /// <param name="names">The limits.</param>
    ValueTask ForgetAsync(IReadOnlyList<string> names);
}

/// <summary>A node's report on one limit, and its request for more.</summary>
/// <param name="Name">Its name, the same on all nodes.</param>
/// <param name="Max">The maximum in a window, or at once.</param>
/// <param name="Window">The window; zero for a concurrency limit.</param>
public readonly record struct SharedLimitAsk(string Name, long Max, TimeSpan Window)
{
    /// <summary>The credit used since the last message.</summary>
    public long Used { get; init; }

    /// <summary>The credit returned.</summary>
    public long GivenBack { get; init; }

    /// <summary>The difference between the actual use of ended calls and the amounts taken for them.</summary>
    public long Correction { get; init; }

    /// <summary>The amount a call needs now; 0 if none.</summary>
    public long Needed { get; init; }

    /// <summary>The additional credit requested, granted if plenty is left.</summary>
    public long Wished { get; init; }
}

/// <summary>The store's answer.</summary>
public sealed record SharedLimitAnswer
{
    /// <summary>The index of the limit that had no room, from 0; null if all needed amounts were taken.</summary>
    public int? Refusing { get; init; }

    /// <summary>The time until that limit has room.</summary>
    public required TimeSpan RetryAfter { get; init; }

    /// <summary>The number of nodes that count together, including the asking one.</summary>
    public required int Nodes { get; init; }

    /// <summary>The grant for each limit.</summary>
    public required IReadOnlyList<SharedLimitGrant> Limits { get; init; }
}

/// <summary>The store's grant for one limit.</summary>
/// <param name="Granted">The additional credit granted.</param>
/// <param name="Left">The amount that no node has used or reserved.</param>
public readonly record struct SharedLimitGrant(long Granted, long Left);
