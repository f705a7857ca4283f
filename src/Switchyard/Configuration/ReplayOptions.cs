using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>Recordings that answer in place of a provider: nothing is sent, and no key is needed.</summary>
public sealed class ReplayOptions
{
    /// <summary>The folder of the recordings, or one of them. Required.</summary>
    [ConfigurationKeyName("folder")]
    public string Folder { get; set; } = "";

    /// <summary>Whose recordings answer; null takes those of the provider's own name.</summary>
    [ConfigurationKeyName("provider")]
    public string? Provider { get; set; }

    /// <summary>How fast answers come: 1 as they were recorded, 2 twice as fast, 0 at once.</summary>
    /// <value>The default is 0.</value>
    [ConfigurationKeyName("speed")]
    public double Speed { get; set; }

    /// <summary>Whether a recording answers once only; else the last of several of the same request answers again and again.</summary>
    /// <value>The default is false.</value>
    [ConfigurationKeyName("strict")]
    public bool Strict { get; set; }

    /// <summary>
    /// Members of a request's body that need not be the same, by their path: <c>metadata</c>, <c>stream_options.include_usage</c>,
    /// <c>messages.name</c> (of every message).
    /// </summary>
    [ConfigurationKeyName("ignore")]
    public List<string> Ignore { get; set; } = [];
}
