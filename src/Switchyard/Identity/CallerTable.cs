using System.Buffers.Binary;
using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using Switchyard.Calls;

namespace Switchyard.Identity;

/// <summary>
/// The keys that clients may present, as hashes. A presented key is hashed once and compared with the one entry that begins alike, in fixed
/// time, so that neither memory nor timing gives a key away and a thousand keys cost what one does. Immutable and thread-safe.
/// </summary>
public sealed class CallerTable
{
    /// <summary>The section of a snapshot; not there when no keys are configured: any key is then accepted, and none.</summary>
    public static readonly SectionKey<CallerTable> Section = new();

    private const int LongestOnStack = 512;

    // By the first 8 bytes of the hash: two keys that share them would have to be made for it.
    private readonly FrozenDictionary<ulong, Entry[]> _entries;

    private CallerTable(IEnumerable<string> keys) => _entries = keys
        .Select(key => SHA256.HashData(Encoding.UTF8.GetBytes(key)))
        .DistinctBy(Convert.ToHexString)
        .Select(hash => new Entry(hash, new Caller($"key-{Convert.ToHexStringLower(hash.AsSpan(0, 4))}")))
        .GroupBy(entry => Prefix(entry.Hash))
        .ToFrozenDictionary(group => group.Key, group => group.ToArray());

    /// <summary>The table of these keys; null when there are none.</summary>
    internal static CallerTable? From(IReadOnlyCollection<string> keys) => keys.Count == 0 ? null : new(keys);

    /// <summary>Who presents a key; null when it is none of the configured ones.</summary>
    public Caller? Find(ReadOnlySpan<char> key)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        var longest = Encoding.UTF8.GetMaxByteCount(key.Length);
        var bytes = longest <= LongestOnStack ? stackalloc byte[longest] : new byte[longest];
        SHA256.HashData(bytes[..Encoding.UTF8.GetBytes(key, bytes)], hash);
        if (!_entries.TryGetValue(Prefix(hash), out var candidates))
            return null;
        foreach (var candidate in candidates)
        {
            if (CryptographicOperations.FixedTimeEquals(candidate.Hash, hash))
                return candidate.Caller;
        }

        return null;
    }

    private static ulong Prefix(ReadOnlySpan<byte> hash) => BinaryPrimitives.ReadUInt64LittleEndian(hash);

    private sealed record Entry(byte[] Hash, Caller Caller);
}
