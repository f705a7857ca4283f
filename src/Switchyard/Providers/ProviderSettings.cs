namespace Switchyard.Providers;

/// <summary>The settings of one provider: the user's configuration, and its key. A null member uses the catalogue's value.</summary>
public sealed record ProviderSettings
{
    /// <summary>The kind of provider: a catalogue name such as <c>openai</c>, the name of a class, or <c>custom</c>.</summary>
    public required string Type { get; init; }

    /// <summary>The credential; null for a provider that needs none. Secret: never logged.</summary>
    public string? ApiKey { get; init; }

    /// <summary>
    /// All credentials if there are several, <see cref="ApiKey"/> first, each with its share of the calls; empty if that is the only one.
    /// Secret: never logged.
    /// </summary>
    public IReadOnlyList<ProviderKey> Keys { get; init; } = [];

    /// <summary>The base URL with its version segment; null uses the catalogue's.</summary>
    public string? BaseUrl { get; init; }

    /// <summary>The wire format; null uses the catalogue's, or <c>openai-chat</c>.</summary>
    public string? Dialect { get; init; }

    /// <summary>The timeout of the first token, at least 1 second; null uses the catalogue's, then <c>timeouts.first_token</c>.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>
    /// The priority among providers that serve the same bare model name: the highest wins. Null uses the catalogue's for a vendor; a
    /// host-supplied provider ranks like a user-configured one, above all vendors.
    /// </summary>
    public int? Priority { get; init; }

    /// <summary>The weight of its targets with the strategies <c>weighted</c> and <c>least-busy</c>; not negative.</summary>
    /// <value>The default is 1.</value>
    public double Weight { get; init; } = 1;

    /// <summary>The maximum number of retries at one of its models within a call; null uses <c>retry.attempts</c> minus one.</summary>
    public int? MaxRetries { get; init; }

    /// <summary>The maximum number of concurrent attempts at one of its models with one of its keys; null for no limit.</summary>
    public int? Concurrency { get; init; }

    /// <summary>
    /// The maximum number of requests per minute over all its models, used if the configuration sets no limit under <c>limits</c>. Null for
    /// no limit.
    /// </summary>
    public int? MaxRequestsPerMinute { get; init; }

    /// <summary>
    /// Whether the limit of concurrent attempts is learnt from the latency of first tokens; <see cref="Concurrency"/>, or 200, is then the
    /// maximum.
    /// </summary>
    public bool AdaptiveConcurrency { get; init; }

    /// <summary>The timeout of one attempt at an answer that is not streamed; null uses <c>timeouts.attempt</c>.</summary>
    public TimeSpan? AttemptTimeout { get; init; }

    /// <summary>
    /// Whether an answer is read to its end after its client has left, if costs are recorded; null uses the catalogue's fact on the
    /// provider's billing.
    /// </summary>
    public bool? Drains { get; init; }

    /// <summary>Extra headers sent with every request.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>Ids of models to list, and to find by their bare names, besides the catalogue's.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>
    /// The model of a request that names only the provider; null uses the first of <see cref="Models"/>, then the catalogue's.
    /// </summary>
    public string? DefaultModel { get; init; }

    /// <summary>The address of the proxy, or <c>none</c>; null uses the environment's. Secret: never logged.</summary>
    public string? Proxy { get; init; }

    /// <summary>
    /// The checks of the provider's certificate, and the client certificate; null uses the system's rules and no client certificate.
    /// </summary>
    public ProviderTls? Tls { get; init; }

    /// <summary>Recordings that answer instead of the provider; null calls the provider.</summary>
    public ReplaySettings? Replay { get; init; }

    /// <summary>The provider's description, for listings; null if none.</summary>
    public ProviderFacts? Facts { get; init; }

    /// <summary>Settings by name: values of placeholders, and settings of the provider's class (the mock's <c>delay</c>).</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <summary>Every key, for redaction.</summary>
    internal IEnumerable<string> Secrets => ApiKey is null ? [] : Keys.Select(key => key.Value).Prepend(ApiKey);

    /// <summary>The settings without their secrets, so that they can be logged.</summary>
    public override string ToString() => $"{Type} at {BaseUrl ?? "its usual address"}, key {(ApiKey is null ? "not set" : "set")}";
}

/// <summary>One of several keys of a provider.</summary>
/// <param name="value">The key. Secret: never logged.</param>
/// <param name="weight">Its share of the calls, relative to the other keys'; greater than 0.</param>
public sealed class ProviderKey(string value, double weight = 1) : IEquatable<ProviderKey>
{
    /// <summary>The key. Secret: never logged.</summary>
    public string Value { get; } = value;

    /// <summary>Its share of the calls, relative to the other keys'.</summary>
    public double Weight { get; } = weight;

    /// <inheritdoc/>
    public bool Equals(ProviderKey? other) => other is not null && Value == other.Value && Weight.Equals(other.Weight);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ProviderKey);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Value, Weight);

    /// <summary>Does not reveal the key.</summary>
    public override string ToString() => "a key";
}
