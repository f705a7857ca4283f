namespace Switchyard.Identity;

/// <summary>The roles that may be given, by the names they have in a configuration, a token and an answer.</summary>
public static class AdminRoles
{
    /// <summary>The names, from the least to the most.</summary>
    public static IReadOnlyList<string> Names { get; } = ["viewer", "operator", "admin"];

    /// <summary>Reads a name; null when it is none.</summary>
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
