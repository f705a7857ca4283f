using StackExchange.Redis;
using Switchyard.Caching;

namespace Switchyard.Storage.Redis;

/// <summary>
/// The second level of the caches, which several gateways share (<c>cache.shared: redis</c>). Reading waits a few milliseconds at most, and
/// not at all while Redis is away; nothing waits for a write, which is skipped when too many are under way. Thread-safe.
/// </summary>
/// <param name="link">The connection.</param>
internal sealed class RedisCache(RedisLink link) : ISharedCache
{
    /// <summary>
    /// The prefix of every key. Its number changes with the stored format, so that gateways of two versions do not read each other's.
    /// </summary>
    private const string Prefix = "switchyard:answers:1:";

    /// <summary>Larger values would delay all others on the one connection.</summary>
    private const int LargestValue = 8 * 1024 * 1024;

    /// <summary>The most writes under way; times <see cref="LargestValue"/>, the most memory that they hold.</summary>
    private const int MostWrites = 32;

    private static readonly TimeSpan s_readPatience = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan s_writePatience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_sweepPatience = TimeSpan.FromSeconds(30);

    private int _writes;

    /// <inheritdoc/>
    public async ValueTask<ReadOnlyMemory<byte>?> FindAsync(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        var value = await link.TryAsync(database => database.StringGetAsync(Prefix + key), s_readPatience).ConfigureAwait(false);
        return value.IsNull ? null : (byte[]?)value;
    }

    /// <inheritdoc/>
    public void Keep(string key, ReadOnlyMemory<byte> value, TimeSpan ttl)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (value.Length <= LargestValue)
            Begin(database => database.StringSetAsync(Prefix + key, value, ttl), s_writePatience);
    }

    /// <inheritdoc/>
    public void Drop(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        Begin(database => database.KeyDeleteAsync(Prefix + key), s_writePatience);
    }

    /// <inheritdoc/>
    public void DropAll(string prefix)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        Begin(
            async database =>
            {
                foreach (var server in database.Multiplexer.GetServers().Where(server => !server.IsReplica))
                {
                    // In steps (SCAN), so that Redis keeps answering others.
                    await foreach (var key in server.KeysAsync(database.Database, $"{Prefix}{prefix}*").ConfigureAwait(false))
                        await database.KeyDeleteAsync(key).ConfigureAwait(false);
                }

                return true;
            },
            s_sweepPatience);
    }

    private void Begin(Func<IDatabase, Task<bool>> write, TimeSpan patience)
    {
        if (Interlocked.Increment(ref _writes) > MostWrites)
        {
            Interlocked.Decrement(ref _writes);
            return;
        }

        _ = WriteAsync(write, patience);
    }

    private async Task WriteAsync(Func<IDatabase, Task<bool>> write, TimeSpan patience)
    {
        try
        {
            await link.TryAsync(write, patience).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _writes);
        }
    }
}
