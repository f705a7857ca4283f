namespace Switchyard.Money;

/// <summary>Selects entries of the ledger. A null member does not restrict. Immutable.</summary>
public sealed record UsageFilter
{
    /// <summary>The first moment, by the call's start.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>The end, exclusive.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>The provider, including its versions (<c>acme@2</c> in <c>acme</c>).</summary>
    public string? Provider { get; init; }

    /// <summary>The model, with or without its provider: <c>openai/gpt-4o</c> or <c>gpt-4o</c>.</summary>
    public string? Model { get; init; }

    /// <summary>The id of the client key.</summary>
    public string? Key { get; init; }

    /// <summary>The tenant, including those within it (<c>acme/build</c> in <c>acme</c>).</summary>
    public string? Tenant { get; init; }

    /// <summary>The model as clients named it.</summary>
    public string? Alias { get; init; }

    /// <summary>The tag.</summary>
    public string? Tag { get; init; }

    /// <summary>The end user.</summary>
    public string? EndUser { get; init; }

    /// <summary>The conversation.</summary>
    public string? Session { get; init; }

    /// <summary>The <c>x-request-id</c>.</summary>
    public string? RequestId { get; init; }

    /// <summary>How the attempt ended.</summary>
    public LedgerOutcome? Outcome { get; init; }
}

/// <summary>The query of a summary. Immutable.</summary>
public sealed record UsageQuery
{
    /// <summary>The entries to sum.</summary>
    public UsageFilter Filter { get; init; } = new();

    /// <summary>The groupings of the figures, at most three; empty for the total only.</summary>
    public IReadOnlyList<UsageGrouping> By { get; init; } = [];

    /// <summary>The maximum number of groups: 1 to 10,000.</summary>
    /// <value>The default is 100.</value>
    public int Limit { get; init; } = 100;

    /// <summary>The number of groups to skip: those of earlier pages.</summary>
    public int Skip { get; init; }
}

/// <summary>A grouping of figures. Times are UTC.</summary>
public enum UsageGrouping
{
    /// <summary>The provider.</summary>
    Provider,

    /// <summary>The provider and its model: <c>openai/gpt-4o</c>.</summary>
    Model,

    /// <summary>The client key.</summary>
    Key,

    /// <summary>The tenant.</summary>
    Tenant,

    /// <summary>The model as the client named it.</summary>
    Alias,

    /// <summary>The client's tag. Read from the entries, which takes longer and is limited to the time they are kept.</summary>
    Tag,

    /// <summary>The end user. Read from the entries, as <see cref="Tag"/>.</summary>
    EndUser,

    /// <summary>The day: <c>2026-11-28</c>.</summary>
    Day,

    /// <summary>The hour: <c>2026-11-28T14:00Z</c>.</summary>
    Hour,
}
