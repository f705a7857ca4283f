namespace Switchyard.Limits;

/// <summary>What a limit is of.</summary>
public enum LimitScope
{
    /// <summary>A provider, all its models and keys together: <c>openai</c>.</summary>
    Provider,

    /// <summary>One model of a provider: <c>openai/gpt-4o</c>.</summary>
    Deployment,

    /// <summary>A client key, by its name.</summary>
    Key,

    /// <summary>A tenant, with those below it.</summary>
    Tenant,
}

/// <summary>What is counted.</summary>
public enum LimitUnit
{
    /// <summary>Requests. One that is refused does not count.</summary>
    Requests,

    /// <summary>Tokens of prompts and answers.</summary>
    Tokens,
}

/// <summary>So many requests or tokens in a time.</summary>
/// <param name="Setting">Its key in the configuration: <c>rpm</c>.</param>
/// <param name="Unit">What is counted.</param>
/// <param name="Max">The most in a window.</param>
/// <param name="Window">The window's length. It slides: at any moment the time before it counts.</param>
public sealed record LimitRule(string Setting, LimitUnit Unit, long Max, TimeSpan Window);
