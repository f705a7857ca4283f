using System.Security.Cryptography;
using System.Text;
using Switchyard.Calls;
using Switchyard.Configuration;

namespace Switchyard.Identity;

/// <summary>The keys and tokens of the admin API, their roles, and its addresses (<c>admin</c>). Immutable and thread-safe.</summary>
public sealed class AdminAccess
{
    /// <summary>The section of a snapshot. Absent without an admin key or issuer: the admin API is then off.</summary>
    public static readonly SectionKey<AdminAccess> Section = new();

    private readonly (byte[] Hash, AdminUser User)[] _keys;

    private AdminAccess(AdminOptions options)
    {
        HasOwnAddress = options.Urls is not null;
        Issuer = options.Oidc is { } oidc ? AdminIssuer.From(oidc) : null;
        _keys =
        [
            .. (options.Key is { } key
                ? [(key, new AdminUser { Name = "admin", Role = AdminRole.Admin, Kind = "key" })]
                : Array.Empty<(string, AdminUser)>())
                .Concat(options.Keys.Where(entry => entry.Value.Key is not null).Select(entry =>
                    (entry.Value.Key!, new AdminUser
                    {
                        Name = entry.Key,
                        Role = AdminRoles.Read(entry.Value.Role) ?? AdminRole.Viewer,
                        Kind = "key",
                    })))
                .Select(entry => (HashOf(entry.Item1.Trim()), entry.Item2)),
        ];
    }

    /// <summary>Whether it answers only on its own addresses (<c>admin.urls</c>).</summary>
    public bool HasOwnAddress { get; }

    /// <summary>The issuer whose tokens are accepted (<c>admin.oidc</c>); null if none.</summary>
    public AdminIssuer? Issuer { get; }

    /// <summary>Creates the section; null if the admin API is off.</summary>
    internal static AdminAccess? From(AdminOptions options) => options.IsOn ? new(options) : null;

    /// <summary>The user of a presented key; null if it is not an admin key. Timing does not reveal how much of a key is right.</summary>
    public AdminUser? Find(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return FindHash(HashOf(key.Trim()));
    }

    /// <summary>As <see cref="Find"/>, by the SHA-256 hash of the key.</summary>
    internal AdminUser? FindHash(ReadOnlySpan<byte> hash)
    {
        AdminUser? found = null;
        foreach (var (known, user) in _keys)
        {
            if (CryptographicOperations.FixedTimeEquals(hash, known))
                found = user;
        }

        return found;
    }

    internal static byte[] HashOf(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}
