namespace Switchyard.Limits;

/// <summary>A snapshot of a limit's counts.</summary>
/// <param name="Scope">The kind of its subject.</param>
/// <param name="Name">Its subject: <c>openai</c>, <c>openai/gpt-4o</c>, the name of a key or a tenant.</param>
public sealed record LimitStatus(LimitScope Scope, string Name)
{
    /// <summary>Its unique id and sort key: name and scope.</summary>
    public string Id => IdOf(Scope, Name);

    /// <summary>Each rule with its count.</summary>
    public IReadOnlyList<LimitRuleStatus> Rules { get; init; } = [];

    /// <summary>The maximum number of concurrent calls; null if not limited.</summary>
    public int? Concurrency { get; init; }

    /// <summary>The number of running calls.</summary>
    public int Running { get; init; }

    /// <summary>The number of waiting calls.</summary>
    public int Waiting { get; init; }

    /// <summary>The time until a request is accepted; null if one would be accepted now.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Whether a request would be refused now.</summary>
    public bool Blocked => RetryAfter is not null;

    /// <summary>The requests in the window of the first request rule; 0 without one.</summary>
    public long RequestCount => OfRequests?.Used ?? 0;

    /// <summary>The maximum number of requests in that window; null without such a rule.</summary>
    public long? MaxRequests => OfRequests?.Rule.Max;

    /// <summary>That window's length; null without such a rule.</summary>
    public TimeSpan? Window => OfRequests?.Rule.Window;

    internal static string IdOf(LimitScope scope, string name) => $"{name} {scope}";

    private LimitRuleStatus? OfRequests => Rules.FirstOrDefault(status => status.Rule.Unit == LimitUnit.Requests);
}

/// <summary>A rule and its count.</summary>
public sealed record LimitRuleStatus
{
    /// <summary>The rule.</summary>
    public required LimitRule Rule { get; init; }

    /// <summary>The amount in the window.</summary>
    public required long Used { get; init; }

    /// <summary>The time until there is room for one more; zero if there is room now.</summary>
    public required TimeSpan RoomIn { get; init; }
}
