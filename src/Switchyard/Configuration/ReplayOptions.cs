using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>Recordings that answer instead of a provider: nothing is sent, and no key is needed.</summary>
public sealed class ReplayOptions
{
    /// <summary>The folder of the recordings, or one of them. Required.</summary>
    [ConfigurationKeyName("folder")]
    public string Folder { get; set; } = "";

    /// <summary>The provider whose recordings answer; null takes the provider's own name.</summary>
    [ConfigurationKeyName("provider")]
    public string? Provider { get; set; }

    /// <summary>The speed of answers: 1 as recorded, 2 twice as fast, 0 at once.</summary>
    /// <value>The default is 0.</value>
    [ConfigurationKeyName("speed")]
    public double Speed { get; set; }

    /// <summary>Whether a recording answers only once; otherwise the last of several for the same request repeats.</summary>
    /// <value>The default is false.</value>
    [ConfigurationKeyName("strict")]
    public bool Strict { get; set; }

    /// <summary>
    /// Members of a request's body that are not compared, by their path: <c>metadata</c>, <c>stream_options.include_usage</c>,
    /// <c>messages.name</c> (of every message).
    /// </summary>
    [ConfigurationKeyName("ignore")]
    public List<string> Ignore { get; set; } = [];
}
