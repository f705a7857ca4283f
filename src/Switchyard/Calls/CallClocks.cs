namespace Switchyard.Calls;

/// <summary>The four timeouts of a call. Immutable.</summary>
public sealed record CallClocks
{
    /// <summary>Every timeout at its default.</summary>
    public static readonly CallClocks Default = new();

    /// <summary>The time to a connected socket, TLS included.</summary>
    /// <value>The default is 5 seconds.</value>
    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The time from sending the request to the first content frame of a stream.</summary>
    /// <value>The default is 30 seconds.</value>
    public TimeSpan FirstToken { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The time between two frames of a stream; comments do not reset it.</summary>
    /// <value>The default is 30 seconds.</value>
    public TimeSpan Idle { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The time of the whole call, all its attempts together.</summary>
    /// <value>The default is 10 minutes.</value>
    public TimeSpan Total { get; init; } = TimeSpan.FromMinutes(10);
}
