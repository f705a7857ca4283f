namespace Switchyard.Overview;

/// <summary>The number of limits, including those of keys and tenants.</summary>
public sealed record LimitTotals
{
    /// <summary>All limits.</summary>
    public required int Total { get; init; }

    /// <summary>The limits that would refuse a request now.</summary>
    public required int Blocked { get; init; }
}

/// <summary>The counters of one limit.</summary>
public sealed record LimitOverview
{
    /// <summary>Its owner: a provider, <c>provider/model</c>, a key or a tenant.</summary>
    public required string Name { get; init; }

    /// <summary>The kind of the owner.</summary>
    public required string Scope { get; init; }

    /// <summary>The requests of its window.</summary>
    public required long Requests { get; init; }

    /// <summary>The maximum number of requests of its window; null if it has none.</summary>
    public required long? MaxRequests { get; init; }

    /// <summary>The window; null if it has no maximum of requests.</summary>
    public required double? WindowSeconds { get; init; }

    /// <summary>Whether the next request would be refused.</summary>
    public required bool Blocked { get; init; }

    /// <summary>The time until it would not be refused; null if it is not.</summary>
    public required double? RetryAfterSeconds { get; init; }

    /// <summary>The number of concurrent requests.</summary>
    public required int Running { get; init; }

    /// <summary>The number of waiting requests.</summary>
    public required int Waiting { get; init; }
}
