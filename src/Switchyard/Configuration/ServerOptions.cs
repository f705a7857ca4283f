using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>The HTTP server.</summary>
public sealed class ServerOptions
{
    /// <summary>Addresses to listen on, separated by semicolons.</summary>
    /// <value>The default is <c>http://127.0.0.1:8080</c>.</value>
    [ConfigurationKeyName("urls")]
    public string Urls { get; set; } = "http://127.0.0.1:8080";

    /// <summary>The largest request body in bytes. In YAML a size may be written as <c>32MB</c>.</summary>
    /// <value>The default is 32 MiB.</value>
    [ConfigurationKeyName("max_body"), ByteSize]
    public long MaxBodyBytes { get; set; } = 32 * 1024 * 1024;

    /// <summary>The keys clients may present; when empty, any key and none are accepted.</summary>
    [ConfigurationKeyName("keys"), Secret]
    public List<string> Keys { get; set; } = [];

    /// <summary>How long a shutdown waits for running calls.</summary>
    /// <value>The default is 30 seconds.</value>
    [ConfigurationKeyName("shutdown_grace")]
    public TimeSpan ShutdownGrace { get; set; } = TimeSpan.FromSeconds(30);
}
