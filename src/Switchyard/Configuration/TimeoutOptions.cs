using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>The four timeouts of a call.</summary>
public sealed class TimeoutOptions
{
    /// <summary>The time to a connected socket, TLS included.</summary>
    /// <value>The default is 5 seconds.</value>
    [ConfigurationKeyName("connect")]
    public TimeSpan Connect { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The time to the first content frame of a stream. Comments and pings do not count.</summary>
    /// <value>The default is 30 seconds.</value>
    [ConfigurationKeyName("first_token")]
    public TimeSpan FirstToken { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The time between two frames of a stream. Comments do not reset it.</summary>
    /// <value>The default is 30 seconds.</value>
    [ConfigurationKeyName("idle")]
    public TimeSpan Idle { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The time of the whole call, all its attempts together.</summary>
    /// <value>The default is 10 minutes.</value>
    [ConfigurationKeyName("total")]
    public TimeSpan Total { get; set; } = TimeSpan.FromMinutes(10);
}
