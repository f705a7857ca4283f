using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>Calls that belong together stay with one target, so that its prompt cache serves them.</summary>
public sealed class AffinityOptions
{
    /// <summary>The prefix of an entry of <see cref="By"/> that names a header.</summary>
    internal const string HeaderPrefix = "header:";

    /// <summary>
    /// What identifies calls that belong together; the first that a call has counts: <c>conversation</c> (its beginning, up to the first
    /// message of the user), <c>end_user</c> (named by the client) or <c>header:NAME</c> (the value of a request header).
    /// </summary>
    /// <value>The default is empty: <c>conversation</c>.</value>
    [ConfigurationKeyName("by")]
    public List<string> By { get; set; } = [];

    /// <summary>How long a target is kept after the last call, from <c>1s</c> to <c>1d</c>.</summary>
    /// <value>The default is 10 minutes.</value>
    [ConfigurationKeyName("ttl")]
    public TimeSpan Ttl { get; set; } = TimeSpan.FromMinutes(10);
}
