namespace Switchyard.Calls;

/// <summary>The timeouts of a call. Immutable.</summary>
public sealed record CallClocks
{
    /// <summary>Every timeout at its default.</summary>
    public static readonly CallClocks Default = new();

    private static readonly TimeSpan s_firstToken = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan s_firstTokenOfReasoning = TimeSpan.FromMinutes(5);

    /// <summary>The time to a connected socket, TLS included.</summary>
    /// <value>The default is 5 seconds.</value>
    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The time from sending the request to the first content frame of a stream.</summary>
    /// <value>The default is null: 2 minutes, and 5 minutes for a model that reasons before it answers.</value>
    public TimeSpan? FirstToken { get; init; }

    /// <summary>The time of one attempt at an answer that is not streamed.</summary>
    /// <value>The default is 5 minutes.</value>
    public TimeSpan Attempt { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// The time between two frames of a stream, counting only the wait for the provider; comments do not reset it.
    /// </summary>
    /// <value>The default is 2 minutes.</value>
    public TimeSpan Idle { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long a client may leave written bytes unread before the call is ended.</summary>
    /// <value>The default is 2 minutes.</value>
    public TimeSpan Write { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>The time of the whole call, all its attempts together.</summary>
    /// <value>The default is 10 minutes.</value>
    public TimeSpan Total { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Whether comments and pings of a provider restart the time of the first token.</summary>
    /// <value>The default is false.</value>
    internal bool CommentsCount { get; init; }

    /// <summary>The time of the first token.</summary>
    /// <param name="reasons">Whether the model is known to reason before it answers.</param>
    internal TimeSpan FirstTokenOf(bool reasons) => FirstToken ?? (reasons ? s_firstTokenOfReasoning : s_firstToken);
}
