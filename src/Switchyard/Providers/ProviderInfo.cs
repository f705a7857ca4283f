using System.Text.Json.Serialization;

namespace Switchyard.Providers;

/// <summary>The description of a provider, enabled or not. Immutable.</summary>
public sealed record ProviderInfo
{
    /// <summary>The name clients and routes use.</summary>
    public required string Name { get; init; }

    /// <summary>How it became known.</summary>
    public required ProviderSource Source { get; init; }

    /// <summary>Whether calls may go to it.</summary>
    public required bool IsEnabled { get; init; }

    /// <summary>Its priority among providers of the same model: the highest wins.</summary>
    public required int Priority { get; init; }

    /// <summary>The weight of its targets with the strategies <c>weighted</c> and <c>least-busy</c>.</summary>
    public required double Weight { get; init; }

    /// <summary>The display name.</summary>
    public required string DisplayName { get; init; }

    /// <summary>A description; null if none.</summary>
    public string? Description { get; init; }

    /// <summary>Its version; null if unknown.</summary>
    public string? Version { get; init; }

    /// <summary>
    /// US dollars for a thousand tokens of the prompt, the same for all its models; null if its models differ, or if unknown.
    /// </summary>
    public decimal? CostPer1KInputTokens { get; init; }

    /// <summary>US dollars for a thousand tokens of the answer.</summary>
    public decimal? CostPer1KOutputTokens { get; init; }

    /// <summary>The maximum number of requests per minute; null for no limit.</summary>
    public long? MaxRequestsPerMinute { get; init; }

    /// <summary>The maximum number of tokens of a request; null if unknown.</summary>
    public int? MaxTokensPerRequest { get; init; }

    /// <summary>
    /// How long a stream of it may take to its first token: its own time, else the longer of the catalogue's and
    /// <c>timeouts.first_token</c>, which is longer for models that reason. A call may have less: what the client wishes, or its share
    /// while another target may follow.
    /// </summary>
    public TimeSpan? FirstTokenTimeout { get; init; }

    /// <summary>
    /// How long an attempt at an answer that is not streamed may take: its own <c>attempt_timeout</c>, else <c>timeouts.attempt</c>. A call
    /// may have less, as for <see cref="FirstTokenTimeout"/>.
    /// </summary>
    public TimeSpan? AttemptTimeout { get; init; }

    /// <summary>Its features: <c>streaming</c>, <c>json_mode</c>, <c>tools</c>, <c>vision</c>.</summary>
    public IReadOnlyList<string> Features { get; init; } = [];

    /// <summary>The wire format it speaks; null for an in-process provider.</summary>
    public string? Dialect { get; init; }

    /// <summary>Ids of models known without a request.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>The reason why it could not be loaded, without secrets; null if it could.</summary>
    public string? Problem { get; init; }

    /// <summary>The provider, once it is ready; null before, and while it is disabled in the configuration.</summary>
    public IProvider? Provider { get; init; }
}

/// <summary>A change of a provider's selection settings; null members are left unchanged. Immutable.</summary>
public sealed record ProviderChoice
{
    /// <summary>Whether calls may go to it.</summary>
    public bool? Enabled { get; init; }

    /// <summary>Its priority among providers of the same model, clamped to 0 to 1,000; the highest wins.</summary>
    public int? Priority { get; init; }

    /// <summary>The weight of its targets with the strategies <c>weighted</c> and <c>least-busy</c>, clamped to 0 to 1.</summary>
    public double? Weight { get; init; }
}

/// <summary>How a provider became known.</summary>
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

    /// <summary>No other provider is enabled: the mock on a fresh machine.</summary>
    [JsonStringEnumMemberName("fallback")]
    Fallback,
}
