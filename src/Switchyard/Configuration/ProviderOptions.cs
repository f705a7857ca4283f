using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>One provider as the user wrote it. Omitted settings come from the catalogue.</summary>
public sealed class ProviderOptions
{
    /// <summary>The catalogue entry to start from; null takes the entry of the provider's own name.</summary>
    [ConfigurationKeyName("type")]
    public string? Type { get; set; }

    /// <summary>The credential; null takes the usual key variable.</summary>
    [ConfigurationKeyName("key"), Secret]
    public string? Key { get; set; }

    /// <summary>Several credentials instead of one <c>key</c>; calls are shared among them by weight.</summary>
    [ConfigurationKeyName("keys")]
    public List<ProviderKeyOptions> Keys { get; set; } = [];

    /// <summary>The base URL with its version segment.</summary>
    [ConfigurationKeyName("base_url")]
    public string? BaseUrl { get; set; }

    /// <summary>The wire format; the default for a provider outside the catalogue is <c>openai-chat</c>.</summary>
    [ConfigurationKeyName("dialect")]
    public string? Dialect { get; set; }

    /// <summary>Whether the provider may be used.</summary>
    /// <value>The default is true.</value>
    [ConfigurationKeyName("enabled")]
    public bool Enabled { get; set; } = true;

    /// <summary>
    /// The priority if several providers serve a bare model name, and among the targets of an alias with the strategy <c>priority</c>:
    /// the highest wins. Null takes the catalogue's for bare names, and 0 in an alias.
    /// </summary>
    [ConfigurationKeyName("priority")]
    public int? Priority { get; set; }

    /// <summary>The factor on the weights of its targets with the strategies <c>weighted</c> and <c>least-busy</c>.</summary>
    /// <value>The default is 1.</value>
    [ConfigurationKeyName("weight")]
    public double Weight { get; set; } = 1;

    /// <summary>The most retries of one of its models within a call; null takes <c>retry.attempts</c> minus one.</summary>
    [ConfigurationKeyName("max_retries")]
    public int? MaxRetries { get; set; }

    /// <summary>The most attempts that run at once at one of its models with one of its keys; null for no bound.</summary>
    [ConfigurationKeyName("concurrency")]
    public int? Concurrency { get; set; }

    /// <summary>
    /// Whether the number of parallel attempts is learnt from the time to the first token, for a self-hosted server:
    /// <see cref="Concurrency"/> is then the maximum, or 200.
    /// </summary>
    /// <value>The default is false.</value>
    [ConfigurationKeyName("adaptive_concurrency")]
    public bool AdaptiveConcurrency { get; set; }

    /// <summary>How long the first token may take; null takes the longer of the catalogue's and <c>timeouts.first_token</c>.</summary>
    [ConfigurationKeyName("timeout")]
    public TimeSpan? Timeout { get; set; }

    /// <summary>How long one attempt at an answer that is not streamed may take; null takes <c>timeouts.attempt</c>.</summary>
    [ConfigurationKeyName("attempt_timeout")]
    public TimeSpan? AttemptTimeout { get; set; }

    /// <summary>
    /// The handling of a request whose client has left, if money is counted: <c>cut</c> closes it, <c>drain</c> reads the answer to its
    /// end, for a provider that bills all of it anyway, so that the ledger has its usage. Null takes the catalogue's.
    /// </summary>
    [ConfigurationKeyName("on_disconnect"), KnownValues("cut", "drain")]
    public string? OnDisconnect { get; set; }

    /// <summary>Ids of models to list, and to find by their bare names, in addition to the catalogue's.</summary>
    [ConfigurationKeyName("models")]
    public List<string> Models { get; set; } = [];

    /// <summary>
    /// The model of a request that names only the provider; null takes the first of <see cref="Models"/>, then the catalogue's.
    /// </summary>
    [ConfigurationKeyName("default_model")]
    public string? DefaultModel { get; set; }

    /// <summary>Extra headers sent with every request.</summary>
    [ConfigurationKeyName("headers"), Secret]
    public Dictionary<string, string> Headers { get; set; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// The proxy of its requests (<c>http://host:port</c>, <c>https://…</c>, <c>socks5://…</c>), or <c>none</c>; null takes that of
    /// the environment (<c>HTTPS_PROXY</c>, <c>HTTP_PROXY</c>, <c>ALL_PROXY</c>, <c>NO_PROXY</c>).
    /// </summary>
    [ConfigurationKeyName("proxy"), Secret(IsAddress = true)]
    public string? Proxy { get; set; }

    /// <summary>The check of its certificate, and the certificate shown to it.</summary>
    [ConfigurationKeyName("tls")]
    public ProviderTlsOptions Tls { get; set; } = new();

    /// <summary>Recordings that answer instead of the provider; null, the default, calls the provider.</summary>
    [ConfigurationKeyName("replay")]
    public ReplayOptions? Replay { get; set; }

    /// <summary>The display name; null takes the catalogue's.</summary>
    [ConfigurationKeyName("display_name")]
    public string? DisplayName { get; set; }

    /// <summary>The description for display; null takes the catalogue's.</summary>
    [ConfigurationKeyName("description")]
    public string? Description { get; set; }

    /// <summary>The version for display.</summary>
    [ConfigurationKeyName("version")]
    public string? Version { get; set; }

    /// <summary>Its features, for lists of providers; empty takes the catalogue's.</summary>
    [ConfigurationKeyName("features"), KnownValues("streaming", "async_streaming", "tools", "json_mode", "vision")]
    public List<string> Features { get; set; } = [];

    /// <summary>The most tokens of a request: the context window of its models for which the catalogue has none.</summary>
    [ConfigurationKeyName("max_request_tokens")]
    public int? MaxRequestTokens { get; set; }

    /// <summary>Settings for the provider's own class, for example the mock's <c>delay</c>.</summary>
    [ConfigurationKeyName("settings"), Secret]
    public Dictionary<string, string> Settings { get; set; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Why a secret it refers to could not be resolved; null if none is missing.</summary>
    internal string? SecretProblem { get; set; }

    /// <summary>The provider without its secrets, so that it can be logged.</summary>
    public override string ToString() => $"at {BaseUrl ?? "its usual address"}, key {SecretText.Describe(Key)}";
}
