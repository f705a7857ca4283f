namespace Switchyard.Calls;

/// <summary>
/// The stored state of a call for later calls that continue its answer: its id, and the answer as the client gets it. Not thread-safe: it
/// belongs to one call.
/// </summary>
/// <param name="id">The id of the answer.</param>
/// <param name="previous">The answer that the call continues; null for the first of a conversation.</param>
/// <param name="save">Stores the answer.</param>
internal sealed class StoredTurn(string id, string? previous, Func<ReadOnlyMemory<byte>, ValueTask> save)
{
    private byte[]? _answer;

    public string Id => id;

    public string? Previous => previous;

    /// <summary>Takes the answer, a response object in JSON. Called by the format that writes it, under this turn's id.</summary>
    public void Take(ReadOnlySpan<byte> answer) => _answer = answer.ToArray();

    /// <summary>Stores the answer, once; does nothing without one.</summary>
    public ValueTask SaveAsync() => Interlocked.Exchange(ref _answer, null) is { } answer ? save(answer) : ValueTask.CompletedTask;
}
