using System.Security.Cryptography;
using System.Text;
using Switchyard.Calls;
using Switchyard.Configuration;

namespace Switchyard.Identity;

/// <summary>Who may use the admin API, and where it answers (<c>admin</c>). Immutable and thread-safe.</summary>
public sealed class AdminAccess
{
    /// <summary>The section of a snapshot. Absent without an admin key: the admin API is then off.</summary>
    public static readonly SectionKey<AdminAccess> Section = new();

    private readonly byte[] _hash;

    private AdminAccess(string key, bool hasOwnAddress) => (_hash, HasOwnAddress) = (HashOf(key.Trim()), hasOwnAddress);

    /// <summary>Whether it answers only on addresses of its own (<c>admin.urls</c>).</summary>
    public bool HasOwnAddress { get; }

    /// <summary>Creates the section; null without a key.</summary>
    internal static AdminAccess? From(AdminOptions options) => options.Key is { } key ? new(key, options.Urls is not null) : null;

    /// <summary>Whether a presented key is the admin key. Its time does not tell how much of it is right.</summary>
    public bool Admits(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return CryptographicOperations.FixedTimeEquals(HashOf(key.Trim()), _hash);
    }

    private static byte[] HashOf(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}
