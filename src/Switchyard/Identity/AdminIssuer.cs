using Switchyard.Configuration;

namespace Switchyard.Identity;

/// <summary>The issuer whose tokens open the admin API, and the roles they grant. Immutable; compared by value.</summary>
public sealed record AdminIssuer
{
    /// <summary>The issuer's address.</summary>
    public required string Authority { get; init; }

    /// <summary>The required audience of a token.</summary>
    public required string Audience { get; init; }

    /// <summary>The claim that names roles or groups.</summary>
    public required string RoleClaim { get; init; }

    // As text, so that record equality includes it.
    private string RolesAsText { get; init; } = "";

    /// <summary>The role that a value of the claim grants; null if none.</summary>
    public AdminRole? RoleOf(string value)
    {
        if (RolesAsText.Length == 0)
            return AdminRoles.Read(value);
        foreach (var line in RolesAsText.Split('\n'))
        {
            var end = line.LastIndexOf('\t');
            if (line.AsSpan(0, end).SequenceEqual(value))
                return AdminRoles.Read(line[(end + 1)..]);
        }

        return null;
    }

    internal static AdminIssuer From(AdminOidcOptions options) => new()
    {
        Authority = options.Authority ?? "",
        Audience = options.Audience ?? "",
        RoleClaim = options.RoleClaim,
        RolesAsText = string.Join('\n', options.Roles.Select(entry => $"{entry.Key}\t{entry.Value}")),
    };
}
