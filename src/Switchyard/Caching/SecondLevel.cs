namespace Switchyard.Caching;

/// <summary>
/// The second level of the caches, shared by several gateways. An implementation never throws and never delays a call: while it is
/// unavailable, it finds and keeps nothing. Thread-safe.
/// </summary>
public interface ISharedCache
{
    /// <summary>Finds a value; null if there is none, or the second level is unavailable.</summary>
    ValueTask<ReadOnlyMemory<byte>?> FindAsync(string key);

    /// <summary>Keeps a value for a time, and replaces an existing one. The caller does not wait for it.</summary>
    void Keep(string key, ReadOnlyMemory<byte> value, TimeSpan ttl);

    /// <summary>Drops a value. The caller does not wait for it.</summary>
    void Drop(string key);

    /// <summary>Drops every value with a key that begins with the prefix. The caller does not wait for it.</summary>
    void DropAll(string prefix);
}

/// <summary>Kept answers on the second level. Thread-safe.</summary>
/// <param name="shared">The storage that several gateways share.</param>
/// <param name="time">The clock.</param>
internal sealed class SecondLevel(ISharedCache shared, TimeProvider time)
{
    /// <summary>Finds an answer that is still valid; null if there is none.</summary>
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
