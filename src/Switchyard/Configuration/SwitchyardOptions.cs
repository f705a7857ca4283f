using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>
/// What a user may configure: the shape of <c>switchyard.yaml</c>. Nothing is required: each catalogue provider whose usual key
/// variable is set is enabled, and with none set the built-in mock answers.
/// </summary>
public sealed class SwitchyardOptions
{
    /// <summary>Providers by name: catalogue names take their facts from the catalogue, other names need <c>base_url</c>.</summary>
    [ConfigurationKeyName("providers")]
    public Dictionary<string, ProviderOptions> Providers { get; set; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Model aliases by name.</summary>
    [ConfigurationKeyName("models")]
    public Dictionary<string, ModelRouteOptions> Models { get; set; } = new(StringComparer.Ordinal);

    /// <summary>The four clocks.</summary>
    [ConfigurationKeyName("timeouts")]
    public TimeoutOptions Timeouts { get; set; } = new();

    /// <summary>What is downloaded for providers that take the bytes of an image rather than its address.</summary>
    [ConfigurationKeyName("media")]
    public MediaOptions Media { get; set; } = new();

    /// <summary>The HTTP side.</summary>
    [ConfigurationKeyName("server")]
    public ServerOptions Server { get; set; } = new();

    /// <summary>Whether catalogue providers whose key variable is set are enabled without being named under <c>providers</c>.</summary>
    /// <value>The default is true.</value>
    [ConfigurationKeyName("auto_enable")]
    public bool AutoEnable { get; set; } = true;

    /// <summary>The provider that gets a bare model name no enabled provider is known to serve; null answers 404.</summary>
    [ConfigurationKeyName("default_provider")]
    public string? DefaultProvider { get; set; }

    /// <summary>Whether a request field that cannot be carried to the target is a 400 instead of being named in <c>x-switchyard-dropped</c>.</summary>
    /// <value>The default is false.</value>
    [ConfigurationKeyName("strict")]
    public bool Strict { get; set; }
}

/// <summary>One provider as the user wrote it. What is left out comes from the catalogue.</summary>
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

    /// <summary>Its place when several providers serve a bare model name: higher wins; null takes the catalogue's.</summary>
    [ConfigurationKeyName("priority")]
    public int? Priority { get; set; }

    /// <summary>How long the first token may take; null takes the catalogue's, then <c>timeouts.first_token</c>.</summary>
    [ConfigurationKeyName("timeout")]
    public TimeSpan? Timeout { get; set; }

    /// <summary>Models to list and auto-detect beside the catalogue's.</summary>
    [ConfigurationKeyName("models")]
    public List<string> Models { get; set; } = [];

    /// <summary>Extra headers sent with every request.</summary>
    [ConfigurationKeyName("headers"), Secret]
    public Dictionary<string, string> Headers { get; set; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Settings the provider's own class understands, for example the mock's <c>delay</c>.</summary>
    [ConfigurationKeyName("settings"), Secret]
    public Dictionary<string, string> Settings { get; set; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The provider without its secrets, so that it can be logged.</summary>
    public override string ToString() => $"at {BaseUrl ?? "its usual address"}, key {SecretText.Describe(Key)}";
}

/// <summary>One of several credentials of a provider.</summary>
[Shorthand(nameof(Key))]
public sealed class ProviderKeyOptions
{
    /// <summary>The credential.</summary>
    [ConfigurationKeyName("key"), Secret]
    public string Key { get; set; } = "";

    /// <summary>Its share of the provider's calls, relative to the other keys'; greater than 0.</summary>
    /// <value>The default is 1.</value>
    [ConfigurationKeyName("weight")]
    public double Weight { get; set; } = 1;

    /// <summary>Says nothing of the key.</summary>
    public override string ToString() => $"key {SecretText.Describe(Key)}";
}

/// <summary>One model alias.</summary>
public sealed class ModelRouteOptions
{
    /// <summary>
    /// How a target is chosen among <see cref="Targets"/>: <c>priority</c> in the order written, <c>weighted</c> by chance, each in proportion
    /// to its weight.
    /// </summary>
    /// <value>The default is <c>priority</c>.</value>
    [ConfigurationKeyName("strategy"), KnownValues("priority", "weighted")]
    public string Strategy { get; set; } = "priority";

    /// <summary>The targets; at least one. In YAML a target may be written as plain text (<c>openai/gpt-4o</c>) or as <c>{ model: … }</c>.</summary>
    [ConfigurationKeyName("targets")]
    public List<TargetOptions> Targets { get; set; } = [];

    /// <summary>Targets tried, in order, when those above have failed before the first byte.</summary>
    [ConfigurationKeyName("fallback")]
    public List<TargetOptions> Fallback { get; set; } = [];
}

/// <summary>One target of an alias.</summary>
[Shorthand(nameof(Model))]
public sealed class TargetOptions
{
    /// <summary><c>provider/model</c>.</summary>
    [ConfigurationKeyName("model")]
    public string Model { get; set; } = "";

    /// <summary>Its share of the calls where the strategy is <c>weighted</c>, relative to the other targets'; greater than 0.</summary>
    /// <value>The default is 1.</value>
    [ConfigurationKeyName("weight")]
    public double Weight { get; set; } = 1;
}

/// <summary>The four clocks of a call.</summary>
public sealed class TimeoutOptions
{
    /// <summary>To a connected socket, TLS included.</summary>
    /// <value>The default is 5 seconds.</value>
    [ConfigurationKeyName("connect")]
    public TimeSpan Connect { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Of a stream: to its first content frame. Comments and pings do not count.</summary>
    /// <value>The default is 30 seconds.</value>
    [ConfigurationKeyName("first_token")]
    public TimeSpan FirstToken { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Between two frames of a stream. Comments do not reset it.</summary>
    /// <value>The default is 30 seconds.</value>
    [ConfigurationKeyName("idle")]
    public TimeSpan Idle { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Of the whole call, and of an answer that is not streamed.</summary>
    /// <value>The default is 10 minutes.</value>
    [ConfigurationKeyName("total")]
    public TimeSpan Total { get; set; } = TimeSpan.FromMinutes(10);
}

/// <summary>What is downloaded for providers that take the bytes of an image rather than its address.</summary>
public sealed class MediaOptions
{
    /// <summary>Whether the files a client names by their address are downloaded. When not, such a request is a 400 that says so.</summary>
    /// <value>The default is true.</value>
    [ConfigurationKeyName("fetch")]
    public bool Fetch { get; set; } = true;

    /// <summary>How much one request may have downloaded in all, in bytes. In YAML a size may be written as <c>20MB</c>.</summary>
    /// <value>The default is 20 MiB.</value>
    [ConfigurationKeyName("max"), ByteSize]
    public long MaxBytes { get; set; } = 20 * 1024 * 1024;

    /// <summary>How long the downloads of one request may take.</summary>
    /// <value>The default is 10 seconds.</value>
    [ConfigurationKeyName("timeout")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Hosts downloaded from although their address is not one of the public internet. Every other such address is refused.</summary>
    [ConfigurationKeyName("allow")]
    public List<string> Allow { get; set; } = [];
}

/// <summary>The HTTP side.</summary>
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

    /// <summary>Keys clients may present; empty accepts any key, and none.</summary>
    [ConfigurationKeyName("keys"), Secret]
    public List<string> Keys { get; set; } = [];

    /// <summary>How long a shutdown waits for running calls.</summary>
    /// <value>The default is 30 seconds.</value>
    [ConfigurationKeyName("shutdown_grace")]
    public TimeSpan ShutdownGrace { get; set; } = TimeSpan.FromSeconds(30);
}
