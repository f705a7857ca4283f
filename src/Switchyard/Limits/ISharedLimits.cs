namespace Switchyard.Limits;

/// <summary>
/// Where several gateways count together: a store they share. Without one each counts for itself. Implemented over Redis by
/// <c>Switchyard.Storage</c>. Thread-safe.
/// </summary>
public interface ISharedLimits
{
    /// <summary>Whether there is a store to count in.</summary>
    bool IsConfigured { get; }

    /// <summary>How long a call waits for an answer, after which the node goes on alone.</summary>
    /// <value>The default is 20 ms.</value>
    TimeSpan Patience => TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// Reports what was used of several limits, takes what is needed of all of them or of none, and something in advance. Never throws.
    /// </summary>
    /// <param name="node">Who asks. What it holds in advance is its own until its lease ends.</param>
    /// <param name="asks">The limits.</param>
    /// <param name="lease">How long what is held is held without another word of the node.</param>
    /// <param name="patience">How long to wait at most.</param>
    /// <returns>The answer; null when there was none in time.</returns>
    ValueTask<SharedLimitAnswer?> ExchangeAsync(string node, IReadOnlyList<SharedLimitAsk> asks, TimeSpan lease, TimeSpan patience);

    /// <summary>Forgets what was counted. Never throws.</summary>
    /// <param name="names">The limits.</param>
    ValueTask ForgetAsync(IReadOnlyList<string> names);
}

/// <summary>What a node says of one limit, and asks of it.</summary>
/// <param name="Name">Its name, the same on all nodes.</param>
/// <param name="Max">The most in a window, or at once.</param>
/// <param name="Window">The window; zero for what runs at once.</param>
public readonly record struct SharedLimitAsk(string Name, long Max, TimeSpan Window)
{
    /// <summary>What was used of what was held in advance since the last word.</summary>
    public long Used { get; init; }

    /// <summary>What is no longer held in advance.</summary>
    public long GivenBack { get; init; }

    /// <summary>By how much more or less calls that have ended came to than was taken for them.</summary>
    public long Correction { get; init; }

    /// <summary>What a call needs now; 0 for none.</summary>
    public long Needed { get; init; }

    /// <summary>What to hold in advance beside what is held, if there is plenty.</summary>
    public long Wished { get; init; }
}

/// <summary>What the store answers.</summary>
/// <param name="Refusing">The number of the limit, from 0, that had no room; null when what was needed was taken of all.</param>
/// <param name="RetryAfter">How long it takes until that limit has room.</param>
/// <param name="Nodes">How many nodes count here, the asking one included.</param>
/// <param name="Limits">What it says of each limit.</param>
public sealed record SharedLimitAnswer(int? Refusing, TimeSpan RetryAfter, int Nodes, IReadOnlyList<SharedLimitGrant> Limits);

/// <summary>What the store says of one limit.</summary>
/// <param name="Granted">What is held in advance beside what was held.</param>
/// <param name="Left">What nobody has used or holds.</param>
public readonly record struct SharedLimitGrant(long Granted, long Left);
