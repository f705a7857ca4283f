namespace Switchyard.Identity;

/// <summary>The roles that can be granted, by their names in the configuration, tokens and answers.</summary>
public static class AdminRoles
{
    /// <summary>The names, from the fewest rights to the most.</summary>
    public static IReadOnlyList<string> Names { get; } = ["viewer", "operator", "admin"];

    /// <summary>Reads a name; null if it is unknown.</summary>
    public static AdminRole? Read(string? name) => name?.Trim().ToLowerInvariant() switch
    {
        "viewer" => AdminRole.Viewer,
        "operator" => AdminRole.Operator,
        "admin" => AdminRole.Admin,
        _ => null,
    };

    /// <summary>The name of a role.</summary>
    public static string NameOf(AdminRole role) => role switch
    {
        AdminRole.Admin => "admin",
        AdminRole.Operator => "operator",
        AdminRole.Viewer => "viewer",
        AdminRole.Caller => "caller",
        _ => "anyone",
    };
}
