using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>Downloads of files that a client names by URL, for providers that accept only the bytes.</summary>
public sealed class MediaOptions
{
    /// <summary>Whether files named by URL are downloaded. If not, such a request is refused with 400.</summary>
    /// <value>The default is true.</value>
    [ConfigurationKeyName("fetch")]
    public bool Fetch { get; set; } = true;

    /// <summary>The limit for all downloads of one request, in bytes. In YAML a size may be written as <c>20MB</c>.</summary>
    /// <value>The default is 20 MiB.</value>
    [ConfigurationKeyName("max"), ByteSize]
    public long MaxBytes { get; set; } = 20 * 1024 * 1024;

    /// <summary>How long the downloads of one request may take.</summary>
    /// <value>The default is 10 seconds.</value>
    [ConfigurationKeyName("timeout")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Hosts that may be downloaded from although their address is private, in the forms of <c>egress.allow</c>. Every other private
    /// address is refused. If <c>egress</c> is enforced, these hosts are allowed in addition to those of <c>egress.allow</c>.
    /// </summary>
    [ConfigurationKeyName("allow")]
    public List<string> Allow { get; set; } = [];
}
