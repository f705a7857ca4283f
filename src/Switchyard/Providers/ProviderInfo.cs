using System.Text.Json.Serialization;

namespace Switchyard.Providers;

/// <summary>A provider with what is known of it, enabled or not. Immutable.</summary>
/// <param name="Name">The name clients and routes use.</param>
/// <param name="Source">What made it known.</param>
/// <param name="IsEnabled">Whether calls may go to it.</param>
/// <param name="Priority">Its place among providers of the same model: the highest wins.</param>
/// <param name="Weight">The weight of its targets with the strategies <c>weighted</c> and <c>least-busy</c>.</param>
public sealed record ProviderInfo(string Name, ProviderSource Source, bool IsEnabled, int Priority, double Weight)
{
    /// <summary>The name for people.</summary>
    public required string DisplayName { get; init; }

    /// <summary>What it is; null where nothing is said.</summary>
    public string? Description { get; init; }

    /// <summary>Its version; null where none is said.</summary>
    public string? Version { get; init; }

    /// <summary>US dollars for a thousand tokens of the prompt, the same for all its models; null where its models differ, or none is
    /// known.</summary>
    public decimal? CostPer1KInputTokens { get; init; }

    /// <summary>US dollars for a thousand tokens of the answer.</summary>
    public decimal? CostPer1KOutputTokens { get; init; }

    /// <summary>How many requests it takes in a minute; null for no limit.</summary>
    public long? MaxRequestsPerMinute { get; init; }

    /// <summary>How many tokens a request may have; null where nothing is said.</summary>
    public int? MaxTokensPerRequest { get; init; }

    /// <summary>What it can do: <c>streaming</c>, <c>json_mode</c>, <c>tools</c>, <c>vision</c>.</summary>
    public IReadOnlyList<string> Features { get; init; } = [];

    /// <summary>The wire format it speaks; null for one in this process.</summary>
    public string? Dialect { get; init; }

    /// <summary>Ids of models known without asking it.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>Why it could not be loaded, without secrets; null where it could.</summary>
    public string? Problem { get; init; }

    /// <summary>The provider, once it is ready; null before, and while it is disabled in the configuration.</summary>
    public IProvider? Provider { get; init; }
}

/// <summary>How a provider is to be chosen; null leaves what it has. Immutable.</summary>
public sealed record ProviderChoice
{
    /// <summary>Whether calls may go to it.</summary>
    public bool? Enabled { get; init; }

    /// <summary>Its place among providers of the same model, brought within 0 and 1,000; the highest wins.</summary>
    public int? Priority { get; init; }

    /// <summary>The weight of its targets with the strategies <c>weighted</c> and <c>least-busy</c>, brought within 0 and 1.</summary>
    public double? Weight { get; init; }
}

/// <summary>What made a provider known.</summary>
public enum ProviderSource
{
    /// <summary>Code registered it.</summary>
    [JsonStringEnumMemberName("code")]
    Code,

    /// <summary>The configuration names it.</summary>
    [JsonStringEnumMemberName("configuration")]
    Configuration,

    /// <summary>Its usual key variable is set.</summary>
    [JsonStringEnumMemberName("key_variable")]
    KeyVariable,

    /// <summary>Nothing else is enabled: the mock of a fresh machine.</summary>
    [JsonStringEnumMemberName("fallback")]
    Fallback,
}
