using Microsoft.AspNetCore.Http;

namespace Switchyard.Gateway.Security;

/// <summary>The path of the admin API.</summary>
internal static class AdminPath
{
    /// <summary>The path below which the admin API is.</summary>
    public const string Root = "/admin";

    /// <summary>Whether a path belongs to the admin API.</summary>
    public static bool IsOwn(PathString path) => path.StartsWithSegments(Root, StringComparison.OrdinalIgnoreCase);
}
