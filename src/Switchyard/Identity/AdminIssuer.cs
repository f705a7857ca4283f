using Switchyard.Configuration;

namespace Switchyard.Identity;

/// <summary>The issuer whose tokens open the admin API, and the roles they grant. Immutable; compared by value.</summary>
/// <param name="Authority">The issuer's address.</param>
/// <param name="Audience">The required audience of a token.</param>
/// <param name="RoleClaim">The claim that names roles or groups.</param>
public sealed record AdminIssuer(string Authority, string Audience, string RoleClaim)
{
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

    internal static AdminIssuer From(AdminOidcOptions options) => new(options.Authority ?? "", options.Audience ?? "", options.RoleClaim)
    {
        RolesAsText = string.Join('\n', options.Roles.Select(entry => $"{entry.Key}\t{entry.Value}")),
    };
}
