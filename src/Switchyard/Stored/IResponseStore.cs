namespace Switchyard.Stored;

/// <summary>
/// Answers that are kept here because their provider keeps none, each with what was asked. Thread-safe; it may throw whatever its database
/// throws.
/// </summary>
public interface IResponseStore
{
    /// <summary>An answer and those it goes on from, the newest first; empty where it is not kept.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="since">What was kept before is not there any more.</param>
    /// <param name="most">How many are read.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    Task<IReadOnlyList<KeptResponse>> ChainAsync(string id, DateTimeOffset since, int most, CancellationToken cancellationToken);

    /// <summary>Keeps an answer, and lets go of what was kept before a time.</summary>
    Task AddAsync(KeptResponse response, DateTimeOffset since, CancellationToken cancellationToken);

    /// <summary>Lets go of an answer.</summary>
    Task RemoveAsync(string id, CancellationToken cancellationToken);
}

/// <summary>An answer that is kept.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Holder">Whose it is: a tenant, or a key without one.</param>
/// <param name="Previous">The answer it goes on from; null for none.</param>
/// <param name="Input">What was asked, an array of items in JSON, without what came before.</param>
/// <param name="Answer">The response object in JSON, as the client got it.</param>
/// <param name="At">When it was given.</param>
public sealed record KeptResponse(
    string Id, string Holder, string? Previous, ReadOnlyMemory<byte> Input, ReadOnlyMemory<byte> Answer, DateTimeOffset At);
