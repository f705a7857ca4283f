using System.Buffers.Binary;
using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Limits;

namespace Switchyard.Identity;

/// <summary>
/// The client keys (<c>keys</c> and <c>server.keys</c>), as SHA-256 hashes. A presented key is hashed once, looked up by the first 8 bytes
/// of its hash and compared in constant time: neither memory nor timing reveals a key, and the cost does not grow with their number.
/// Immutable and thread-safe.
/// </summary>
public sealed class CallerTable
{
    /// <summary>The section of a snapshot. Absent without configured keys: requests are then accepted with any key or none.</summary>
    public static readonly SectionKey<CallerTable> Section = new();

    private const int LongestOnStack = 512;

    // By the first 8 bytes of the hash. Keys share an entry only if a collision was searched for on purpose (2^32 hashes or more).
    private readonly FrozenDictionary<ulong, ClientKey[]> _keys;

    private KeyDirectory? _directory;

    private CallerTable(IEnumerable<ClientKey> keys) => _keys = keys
        .DistinctBy(key => Convert.ToHexString(key.Hash))
        .GroupBy(key => Prefix(key.Hash))
        .ToFrozenDictionary(group => group.Key, group => group.ToArray());

    /// <summary>Creates the table of the keys of <c>server.keys</c>; null if there are none.</summary>
    internal static CallerTable? From(IReadOnlyCollection<string> keys) =>
        keys.Count == 0 ? null : new(keys.Select(key => ClientKey.Plain(HashOf(key))));

    /// <summary>Creates the table of all keys; null if there are none and no store can hold any.</summary>
    /// <param name="options">The options, including the store's keys.</param>
    /// <param name="tenants">The tenants.</param>
    /// <param name="limits">The limits of the configuration, to which those of keys are added.</param>
    /// <param name="directory">The store's keys.</param>
    /// <param name="time">The clock for expiry.</param>
    /// <param name="nameOf">Maps a provider's configured name to the name it is registered under.</param>
    internal static CallerTable? From(
        SwitchyardOptions options,
        TenantTable? tenants,
        LimitTable limits,
        KeyDirectory directory,
        TimeProvider time,
        Func<string, string> nameOf) =>
        !options.AsksForKeys && !directory.AsksForKeys ? null : new(
        [
            .. options.Keys.SelectMany(pair =>
                ClientKey.Named(HashOf(pair.Value), pair.Key, pair.Value, tenants!, limits, directory.Book.Key(pair.Key), time, nameOf)),
            .. options.Server.Keys.Select(key => ClientKey.Plain(HashOf(key))),
        ])
        {
            _directory = directory,
        };

    /// <summary>
    /// The error for a key that is not found because the store of keys may be unavailable; null if the key is certainly unknown.
    /// </summary>
    public CallError? UnknownKey => _directory?.UnknownKey;

    /// <summary>Finds a presented key, including disabled and expired ones; null if it is unknown.</summary>
    public ClientKey? Find(ReadOnlySpan<char> key)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        var longest = Encoding.UTF8.GetMaxByteCount(key.Length);
        var bytes = longest <= LongestOnStack ? stackalloc byte[longest] : new byte[longest];
        SHA256.HashData(bytes[..Encoding.UTF8.GetBytes(key, bytes)], hash);
        return FindHash(hash);
    }

    /// <summary>As <see cref="Find"/>, by the SHA-256 hash of the key.</summary>
    internal ClientKey? FindHash(ReadOnlySpan<byte> hash)
    {
        if (!_keys.TryGetValue(Prefix(hash), out var candidates))
            return null;
        foreach (var candidate in candidates)
        {
            if (CryptographicOperations.FixedTimeEquals(candidate.Hash, hash))
                return candidate;
        }

        return null;
    }

    // A key read from a file of secrets often ends in a line break, which no client can send.
    private static byte[] HashOf(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key.Trim()));

    internal static byte[] HashOf(KeyOptions options) => options.ReadHash() ?? HashOf(options.Key ?? "");

    private static ulong Prefix(ReadOnlySpan<byte> hash) => BinaryPrimitives.ReadUInt64LittleEndian(hash);
}
