namespace Switchyard.Limits;

/// <summary>The kind of a limit's subject.</summary>
public enum LimitScope
{
    /// <summary>A provider, with all its models and keys: <c>openai</c>.</summary>
    Provider,

    /// <summary>One model of a provider: <c>openai/gpt-4o</c>.</summary>
    Deployment,

    /// <summary>A client key, by its name.</summary>
    Key,

    /// <summary>A tenant, including the tenants below it.</summary>
    Tenant,
}

/// <summary>The counted unit.</summary>
public enum LimitUnit
{
    /// <summary>Requests. A refused request does not count.</summary>
    Requests,

    /// <summary>Tokens of prompts and answers.</summary>
    Tokens,
}

/// <summary>A maximum of requests or tokens in a window.</summary>
public sealed record LimitRule
{
    /// <summary>Its key in the configuration: <c>rpm</c>.</summary>
    public required string Setting { get; init; }

    /// <summary>The counted unit.</summary>
    public required LimitUnit Unit { get; init; }

    /// <summary>The maximum in a window.</summary>
    public required long Max { get; init; }

    /// <summary>The length of the sliding window, which ends now.</summary>
    public required TimeSpan Window { get; init; }
}
