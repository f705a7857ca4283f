using Microsoft.AspNetCore.Http;

namespace Switchyard.Gateway.Security;

/// <summary>The path of the admin API.</summary>
internal static class AdminPath
{
    /// <summary>The path below which all of it is.</summary>
    public const string Root = "/admin";

    /// <summary>Whether a path is one of it.</summary>
    public static bool IsOwn(PathString path) => path.StartsWithSegments(Root, StringComparison.OrdinalIgnoreCase);
}
