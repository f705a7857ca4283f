namespace Switchyard.Caching;

/// <summary>
/// What several gateways share of their caches. An implementation never throws and never holds a call up: where it is away, it finds and
/// keeps nothing. Thread-safe.
/// </summary>
public interface ISharedCache
{
    /// <summary>Finds a value; null where there is none, or nobody to ask.</summary>
    ValueTask<ReadOnlyMemory<byte>?> FindAsync(string key);

    /// <summary>Keeps a value for a time, in the place of the one that is there. It is not waited for.</summary>
    void Keep(string key, ReadOnlyMemory<byte> value, TimeSpan ttl);

    /// <summary>Drops a value. It is not waited for.</summary>
    void Drop(string key);

    /// <summary>Drops every value whose key begins so. It is not waited for.</summary>
    void DropAll(string prefix);
}

/// <summary>Kept answers on the second level. Thread-safe.</summary>
/// <param name="shared">Where they are.</param>
/// <param name="time">The clock.</param>
internal sealed class SecondLevel(ISharedCache shared, TimeProvider time)
{
    /// <summary>Finds an answer that is still valid; null without one.</summary>
    public async ValueTask<KeptAnswer?> FindAsync(string kind, AnswerKey key) =>
        await shared.FindAsync(NameOf(kind, key)).ConfigureAwait(false) is { } bytes && KeptAnswerFormat.TryRead(bytes, out var kept)
            && kept.LeftAt(time.GetUtcNow()) >= TimeSpan.Zero
            ? kept
            : null;

    public void Keep(string kind, AnswerKey key, KeptAnswer answer) =>
        shared.Keep(NameOf(kind, key), KeptAnswerFormat.Write(answer), answer.Ttl);

    public void Drop(string kind, AnswerKey key) => shared.Drop(NameOf(kind, key));

    public void DropAll(string kind) => shared.DropAll($"{kind}:");

    private static string NameOf(string kind, AnswerKey key) => $"{kind}:{key}";
}
