using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>The timeouts of a call.</summary>
public sealed class TimeoutOptions
{
    /// <summary>The time to a connected socket, TLS included.</summary>
    /// <value>The default is 5 seconds.</value>
    [ConfigurationKeyName("connect")]
    public TimeSpan Connect { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The time to the first content frame of a stream; null is 2 minutes, and 5 minutes if the catalogue marks the model as reasoning.
    /// </summary>
    [ConfigurationKeyName("first_token")]
    public TimeSpan? FirstToken { get; set; }

    /// <summary>Whether comments and pings restart the time of the first token, because they show that the provider is working.</summary>
    /// <value>The default is false.</value>
    [ConfigurationKeyName("comments_count")]
    public bool CommentsCount { get; set; }

    /// <summary>The time of one attempt at an answer that is not streamed; then the next target is tried.</summary>
    /// <value>The default is 5 minutes.</value>
    [ConfigurationKeyName("attempt")]
    public TimeSpan Attempt { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// The time between two frames of a stream. Only waiting for the provider counts, not for a client that reads slowly. Comments do not
    /// reset it.
    /// </summary>
    /// <value>The default is 2 minutes.</value>
    [ConfigurationKeyName("idle")]
    public TimeSpan Idle { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>How long a client may leave written bytes unread before its connection is closed.</summary>
    /// <value>The default is 2 minutes.</value>
    [ConfigurationKeyName("write")]
    public TimeSpan Write { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>The time of the whole call, all its attempts together.</summary>
    /// <value>The default is 10 minutes.</value>
    [ConfigurationKeyName("total")]
    public TimeSpan Total { get; set; } = TimeSpan.FromMinutes(10);
}
