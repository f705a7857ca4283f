namespace Switchyard.Providers;

/// <summary>What one provider is initialised with: the user's configuration, and its key. Null takes the catalogue's value.</summary>
public sealed record ProviderSettings
{
    /// <summary>The kind of provider: a catalogue name such as <c>openai</c>, the name of a class, or <c>custom</c>.</summary>
    public required string Type { get; init; }

    /// <summary>The credential; null for a provider that needs none. Secret: never logged.</summary>
    public string? ApiKey { get; init; }

    /// <summary>
    /// Every credential where there are several, <see cref="ApiKey"/> first, each with its share of the calls; empty where that is the only
    /// one. Secret: never logged.
    /// </summary>
    public IReadOnlyList<ProviderKey> Keys { get; init; } = [];

    /// <summary>The base URL with its version segment; null takes the catalogue's.</summary>
    public string? BaseUrl { get; init; }

    /// <summary>The wire format; null takes the catalogue's, or <c>openai-chat</c>.</summary>
    public string? Dialect { get; init; }

    /// <summary>The timeout of the first token, at least 1 second; null takes the catalogue's, then <c>timeouts.first_token</c>.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>
    /// The place among providers that serve the same bare model name: the highest wins. Null takes the catalogue's for a vendor, and for a
    /// provider of the host's own the place of one that the user configured, above all vendors.
    /// </summary>
    public int? Priority { get; init; }

    /// <summary>The weight of its targets with the strategies <c>weighted</c> and <c>least-busy</c>; not negative.</summary>
    /// <value>The default is 1.</value>
    public double Weight { get; init; } = 1;

    /// <summary>The most retries of one of its models within a call; null takes <c>retry.attempts</c>, less one.</summary>
    public int? MaxRetries { get; init; }

    /// <summary>The most attempts that run at once at one of its models with one of its keys; null for no bound.</summary>
    public int? Concurrency { get; init; }

    /// <summary>
    /// How many requests in a minute the provider takes, over all its models: its limit, where the configuration names no other under
    /// <c>limits</c>. Null for no limit.
    /// </summary>
    public int? MaxRequestsPerMinute { get; init; }

    /// <summary>
    /// Whether how many attempts run at once is learnt from how long the first tokens take; <see cref="Concurrency"/> is then the maximum,
    /// or 200.
    /// </summary>
    public bool AdaptiveConcurrency { get; init; }

    /// <summary>The timeout of one attempt at an answer that is not streamed; null takes <c>timeouts.attempt</c>.</summary>
    public TimeSpan? AttemptTimeout { get; init; }

    /// <summary>
    /// Whether an answer is read to its end when its client has left, where money is counted; null takes what the catalogue says of the
    /// provider's bill.
    /// </summary>
    public bool? Drains { get; init; }

    /// <summary>Extra headers sent with every request.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>Ids of models to list, and to find by their bare names, beside the catalogue's.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>
    /// The model of a request that names the provider alone; null takes the first of <see cref="Models"/>, then the catalogue's.
    /// </summary>
    public string? DefaultModel { get; init; }

    /// <summary>The address of the proxy, or <c>none</c>; null takes that of the environment. Secret: never logged.</summary>
    public string? Proxy { get; init; }

    /// <summary>How the provider's certificate is checked, and the one shown to it; null takes the system's rules and shows none.</summary>
    public ProviderTls? Tls { get; init; }

    /// <summary>Recordings that answer in the provider's place; null asks the provider.</summary>
    public ReplaySettings? Replay { get; init; }

    /// <summary>What the provider is, for whoever lists providers; null says nothing.</summary>
    public ProviderFacts? Facts { get; init; }

    /// <summary>Settings by name: values of placeholders, and what the provider's class reads (the mock's <c>delay</c>).</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <summary>Every key, to be kept out of texts.</summary>
    internal IEnumerable<string> Secrets => ApiKey is null ? [] : Keys.Select(key => key.Value).Prepend(ApiKey);

    /// <summary>The settings without their secrets, so that a record's own text can be logged.</summary>
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

    /// <summary>Says nothing of the key.</summary>
    public override string ToString() => "a key";
}
