namespace Switchyard.Providers;

/// <summary>What one provider is initialised with: the user's configuration, and its key. Null takes the catalogue's value.</summary>
public sealed record ProviderSettings
{
    /// <summary>The kind of provider: a catalogue name such as <c>openai</c>, the name of a class, or <c>custom</c>.</summary>
    public required string Type { get; init; }

    /// <summary>The credential; null for a provider that needs none. Secret: never logged.</summary>
    public string? ApiKey { get; init; }

    /// <summary>The base URL with its version segment; null takes the catalogue's.</summary>
    public string? BaseUrl { get; init; }

    /// <summary>The wire format; null takes the catalogue's, or <c>openai-chat</c>.</summary>
    public string? Dialect { get; init; }

    /// <summary>The timeout of the first token, at least 1 second; null takes the catalogue's, then <c>timeouts.first_token</c>.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Extra headers sent with every request.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>Ids of models to list, and to find by their bare names, beside the catalogue's.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>Settings by name: values of placeholders, and what the provider's class reads (the mock's <c>delay</c>).</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <summary>The settings without their secrets, so that a record's own text can be logged.</summary>
    public override string ToString() => $"{Type} at {BaseUrl ?? "its usual address"}, key {(ApiKey is null ? "not set" : "set")}";
}
