namespace Switchyard.Stored;

/// <summary>
/// Answers stored by the gateway because their provider stores none, each with its input. Thread-safe; it may throw any exception of its
/// database.
/// </summary>
public interface IResponseStore
{
    /// <summary>An answer and those it continues, the newest first; empty if it is not stored.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="since">Answers stored before this time are ignored.</param>
    /// <param name="most">The maximum number of answers.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    Task<IReadOnlyList<KeptResponse>> ChainAsync(string id, DateTimeOffset since, int most, CancellationToken cancellationToken);

    /// <summary>Stores an answer, and removes those stored before a time.</summary>
    Task AddAsync(KeptResponse response, DateTimeOffset since, CancellationToken cancellationToken);

    /// <summary>Removes an answer.</summary>
    Task RemoveAsync(string id, CancellationToken cancellationToken);
}

/// <summary>A stored answer.</summary>
public sealed record KeptResponse
{
    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>Its owner: a tenant, or a key without one.</summary>
    public required string Holder { get; init; }

    /// <summary>The answer it continues; null for none.</summary>
    public string? Previous { get; init; }

    /// <summary>The input, an array of items in JSON, without earlier turns.</summary>
    public required ReadOnlyMemory<byte> Input { get; init; }

    /// <summary>The response object in JSON, as the client got it.</summary>
    public required ReadOnlyMemory<byte> Answer { get; init; }

    /// <summary>When it was created.</summary>
    public required DateTimeOffset At { get; init; }
}
