namespace Switchyard.Providers;

/// <summary>What one provider is given to start with: its catalogue entry overlaid by the user's configuration.</summary>
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

    /// <summary>How long the first token may take; null takes the catalogue's, then the configured clock. At least one second.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Extra headers sent with every request.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>Models to list and to auto-detect beside the catalogue's.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>Anything else the provider's own class understands (the mock's delay, for example).</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <summary>The settings without their secrets, so that a record's own text can be logged.</summary>
    public override string ToString() => $"{Type} at {BaseUrl ?? "its usual address"}, key {(ApiKey is null ? "not set" : "set")}";
}
