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

    /// <summary>
    /// The most bytes of large request bodies in memory together; above it a request is answered with 503. Null takes an eighth of
    /// the memory this process may use, and at least twice <c>max_body</c>. In YAML a size may be written as <c>512MB</c>.
    /// </summary>
    [ConfigurationKeyName("max_bodies"), ByteSize]
    public long? MaxBodiesBytes { get; set; }

    /// <summary>
    /// The gateway's own name, by which it recognises a request that it sent itself; the same for all its instances. Null derives
    /// one from the configured providers and aliases.
    /// </summary>
    [ConfigurationKeyName("id")]
    public string? Id { get; set; }

    /// <summary>The keys clients may present; if empty, any key and none are accepted.</summary>
    [ConfigurationKeyName("keys"), Secret]
    public List<string> Keys { get; set; } = [];

    /// <summary>Whether every call needs a key even if none is configured here: for keys that are all in the store.</summary>
    /// <value>The default is false: a key is needed as soon as one exists, here, under <c>keys</c> or in the store.</value>
    [ConfigurationKeyName("require_keys")]
    public bool RequireKeys { get; set; }

    /// <summary>
    /// Paths that are served without a client key even if <see cref="Keys"/> are configured, for scrapers and probes without a key.
    /// </summary>
    [ConfigurationKeyName("open"), KnownValues("/metrics", "/health/providers", "/experiments")]
    public List<string> Open { get; set; } = [];

    /// <summary>
    /// Other gateways whose request headers are supported, so that their clients need no change; docs/importing.md lists
    /// these headers.
    /// </summary>
    /// <value>The default is empty: such headers have no effect.</value>
    [ConfigurationKeyName("headers_of"), KnownValues("litellm", "portkey")]
    public List<string> HeadersOf { get; set; } = [];

    /// <summary>
    /// Host names that a gateway without client keys answers to over loopback, in addition to <c>localhost</c>, loopback addresses and the
    /// hosts of <see cref="Urls"/>; <c>*</c> for any.
    /// </summary>
    [ConfigurationKeyName("allowed_hosts")]
    public List<string> AllowedHosts { get; set; } = [];

    /// <summary>The web pages whose scripts may use the gateway.</summary>
    [ConfigurationKeyName("cors")]
    public ServerCorsOptions Cors { get; set; } = new();

    /// <summary>The path below which the gateway is served, for example <c>/ai</c> behind a proxy that forwards this prefix.</summary>
    [ConfigurationKeyName("path_base")]
    public string? PathBase { get; set; }

    /// <summary>
    /// Further addresses, only for clients that speak HTTP/2 without TLS (h2c); those of <see cref="Urls"/> speak HTTP/1.1, and
    /// HTTP/2 if they are https.
    /// </summary>
    [ConfigurationKeyName("h2c_urls")]
    public string? H2cUrls { get; set; }

    /// <summary>The certificate of https addresses.</summary>
    [ConfigurationKeyName("tls")]
    public ServerTlsOptions Tls { get; set; } = new();

    /// <summary>
    /// How often a stream that has not begun gets a heartbeat, so that a proxy in between does not time out while a model thinks for
    /// long; null for none. The status is then 200 before the result is known, and a failure is an error event in the stream.
    /// </summary>
    [ConfigurationKeyName("heartbeat")]
    public TimeSpan? Heartbeat { get; set; }

    /// <summary>
    /// How Linux schedules the gateway's threads: <c>batch</c>, so that they do not interrupt one another, or <c>normal</c>, for a machine
    /// where other processes need the same cores. On other systems it changes nothing.
    /// </summary>
    /// <value>The default is <c>batch</c>.</value>
    [ConfigurationKeyName("scheduling"), KnownValues("batch", "normal")]
    public string Scheduling { get; set; } = "batch";

    /// <summary>How long new requests are still accepted after a signal to stop, while <c>/health</c> already reports it.</summary>
    /// <value>The default is 1 second.</value>
    [ConfigurationKeyName("shutdown_delay")]
    public TimeSpan ShutdownDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a shutdown waits for running calls.</summary>
    /// <value>The default is 30 seconds.</value>
    [ConfigurationKeyName("shutdown_grace")]
    public TimeSpan ShutdownGrace { get; set; } = TimeSpan.FromSeconds(30);
}
