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
/// <param name="Setting">Its key in the configuration: <c>rpm</c>.</param>
/// <param name="Unit">The counted unit.</param>
/// <param name="Max">The maximum in a window.</param>
/// <param name="Window">The length of the sliding window, which ends now.</param>
public sealed record LimitRule(string Setting, LimitUnit Unit, long Max, TimeSpan Window);
