namespace Switchyard.Money;

/// <summary>Which entries of the ledger are meant. What is null does not restrict. Immutable.</summary>
public sealed record UsageFilter
{
    /// <summary>The first moment, by the call's start.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>The first moment that is not meant any more.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>The provider.</summary>
    public string? Provider { get; init; }

    /// <summary>The model, with or without its provider: <c>openai/gpt-4o</c> or <c>gpt-4o</c>.</summary>
    public string? Model { get; init; }

    /// <summary>The id of the client key.</summary>
    public string? Key { get; init; }

    /// <summary>The tenant; those within it (<c>acme/build</c> in <c>acme</c>) are meant too.</summary>
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

/// <summary>What a summary is asked for. Immutable.</summary>
public sealed record UsageQuery
{
    /// <summary>Which entries are meant.</summary>
    public UsageFilter Filter { get; init; } = new();

    /// <summary>What the figures are split by; empty for the total alone. At most three.</summary>
    public IReadOnlyList<UsageGrouping> By { get; init; } = [];

    /// <summary>The most groups: 1 to 10,000.</summary>
    /// <value>The default is 100.</value>
    public int Limit { get; init; } = 100;

    /// <summary>How many groups to leave out: those of the pages before.</summary>
    public int Skip { get; init; }
}

/// <summary>What figures are split by. Times are UTC.</summary>
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

    /// <summary>The client's tag. Read from the entries, which takes longer and goes back as far as they are kept.</summary>
    Tag,

    /// <summary>The end user. Read from the entries, as <see cref="Tag"/>.</summary>
    EndUser,

    /// <summary>The day: <c>2026-11-28</c>.</summary>
    Day,

    /// <summary>The hour: <c>2026-11-28T14:00Z</c>.</summary>
    Hour,
}
