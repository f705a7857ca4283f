using Switchyard.Identity;

namespace Switchyard.Dashboard.Shell;

/// <summary>The pages in the menu, in its order.</summary>
internal static class Menu
{
    private static readonly MenuEntry[] s_all =
    [
        new("", "Overview", AdminRole.Viewer),
        new("live", "Live", AdminRole.Viewer),
        new("calls", "Calls", AdminRole.Viewer),
        new("explain", "Explain", AdminRole.Viewer),
        new("spend", "Spend", AdminRole.Viewer),
        new("reconcile", "Reconcile", AdminRole.Viewer),
        new("budgets", "Budgets and limits", AdminRole.Viewer),
        new("providers", "Providers", AdminRole.Viewer),
        new("models", "Models and prices", AdminRole.Viewer),
        new("cache", "Cache", AdminRole.Viewer),
        new("experiments", "Experiments", AdminRole.Viewer),
        new("keys", "Keys and tenants", AdminRole.Viewer),
        new("configuration", "Configuration", AdminRole.Viewer),
        new("plugins", "Plugins", AdminRole.Viewer),
        new("audit", "Audit", AdminRole.Viewer),
        new("mine", "My key", AdminRole.Caller) { IsOwn = true },
        new("playground", "Playground", AdminRole.Caller),
        new("connect", "Connect", AdminRole.Caller),
    ];

    /// <summary>The pages that the signed-in user may open. Only the owner of a client's key has own figures.</summary>
    public static IEnumerable<MenuEntry> For(AdminUser user) => s_all.Where(entry =>
        entry.IsOwn ? user.Caller is not null : user.Role >= entry.Role);
}

/// <summary>A page in the menu.</summary>
/// <param name="Address">Its address, relative to the dashboard's path.</param>
/// <param name="Title">Its name.</param>
/// <param name="Role">The lowest role that may open it.</param>
internal sealed record MenuEntry(string Address, string Title, AdminRole Role)
{
    /// <summary>True if it shows one client's key, and only to a user who signed in with that key.</summary>
    public bool IsOwn { get; init; }
}
