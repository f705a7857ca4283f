namespace Switchyard.Limits;

/// <summary>What is counted of a limit: a copy of one moment.</summary>
/// <param name="Scope">What it is of.</param>
/// <param name="Name">Of whom: <c>openai</c>, <c>openai/gpt-4o</c>, the name of a key or a tenant.</param>
public sealed record LimitStatus(LimitScope Scope, string Name)
{
    /// <summary>What tells it from all others, and what it is listed by: name and scope.</summary>
    public string Id => IdOf(Scope, Name);

    /// <summary>Each rule with what is counted.</summary>
    public IReadOnlyList<LimitRuleStatus> Rules { get; init; } = [];

    /// <summary>The most calls that run at once; null for no bound.</summary>
    public int? Concurrency { get; init; }

    /// <summary>How many run.</summary>
    public int Running { get; init; }

    /// <summary>How many wait for their turn.</summary>
    public int Waiting { get; init; }

    /// <summary>How long it takes until a request is let through; null when one would be now.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Whether a request would be refused now.</summary>
    public bool Blocked => RetryAfter is not null;

    /// <summary>The requests in the window of the first rule about requests; 0 without one.</summary>
    public long RequestCount => OfRequests?.Used ?? 0;

    /// <summary>The most requests in that window; null without such a rule.</summary>
    public long? MaxRequests => OfRequests?.Rule.Max;

    /// <summary>That window's length; null without such a rule.</summary>
    public TimeSpan? Window => OfRequests?.Rule.Window;

    internal static string IdOf(LimitScope scope, string name) => $"{name} {scope}";

    private LimitRuleStatus? OfRequests => Rules.FirstOrDefault(status => status.Rule.Unit == LimitUnit.Requests);
}

/// <summary>A rule, and what is counted of it.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Used">What is in the window.</param>
/// <param name="RoomIn">How long it takes until there is room for one more; zero when there is.</param>
public sealed record LimitRuleStatus(LimitRule Rule, long Used, TimeSpan RoomIn);
