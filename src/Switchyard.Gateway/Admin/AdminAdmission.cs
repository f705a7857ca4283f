using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Switchyard.Engine;
using Switchyard.Gateway.Security;
using Switchyard.Identity;

namespace Switchyard.Gateway.Admin;

/// <summary>
/// Identifies the sender of an admin request, and is the only place that compares a path's role with the user's. Thread-safe.
/// </summary>
internal sealed class AdminAdmission(SwitchyardEngine engine, Lazy<AdminTokens> tokens)
{
    /// <summary>Marks the connections of the admin API's own listener.</summary>
    public static readonly object ListenerMark = new();

    private const string Bearer = "Bearer ";

    // Its value when the server began to listen. A reload opens no listener, so listeners closed to the admin API stay closed.
    private bool _beganApart;

    /// <summary>Records whether the admin API has its own address. Called after the engine starts, before the server listens.</summary>
    public void Begin() => _beganApart = engine.Snapshot.Section(AdminAccess.Section) is { HasOwnAddress: true };

    /// <summary>Identifies the sender of a request.</summary>
    /// <exception cref="AdminException">
    /// The admin API is off or not on this listener, or the path needs a credential and the request has no valid one.
    /// </exception>
    public async ValueTask<AdminUser> IdentifyAsync(HttpContext http, AdminOperation operation)
    {
        if (engine.Snapshot.Section(AdminAccess.Section) is not { } access)
        {
            throw new AdminException(
                StatusCodes.Status403Forbidden, "admin_disabled",
                "The admin API is off: no administrator is configured. Set admin.key, admin.keys or admin.oidc, for example "
                    + "admin: { key: ${SWITCHYARD_ADMIN_KEY} }.");
        }

        if (!IsAtItsAddress(http, access))
            throw AdminException.Unknown(http);
        if (operation.Role == AdminRole.Anyone)
            return AdminUser.Nobody;
        var header = http.Request.Headers.Authorization.ToString();
        var token = header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) ? header[Bearer.Length..].Trim() : null;
        if (token is not null && access.Find(token) is { } user)
            return user;
        if (token is not null && access.Issuer is { } issuer && AdminTokens.IsToken(token))
            return await tokens.Value.IdentifyAsync(token, issuer, http.RequestAborted);
        var snapshot = engine.Snapshot;
        if (snapshot.Section(CallerTable.Section) is not null && ClientKeys.FindCaller(http, snapshot) is { } caller)
            return AdminUser.Of(caller);
        throw token is null
            ? new AdminException(
                StatusCodes.Status401Unauthorized, "missing_admin_key", "Send the admin key: 'Authorization: Bearer YOUR_ADMIN_KEY'.")
            : new AdminException(StatusCodes.Status401Unauthorized, "invalid_admin_key", "This is not the admin key (admin.key).");
    }

    /// <summary>Whether a request came in on a listener that serves the admin API.</summary>
    public bool IsAtItsAddress(HttpContext http, AdminAccess access) => !(_beganApart || access.HasOwnAddress)
        || http.Features.Get<IConnectionItemsFeature>()?.Items.ContainsKey(ListenerMark) is true;

    /// <summary>The user of a typed-in credential: an admin key, a token, or a client's key; null if it is none of these.</summary>
    /// <exception cref="AdminException">The token is not valid or gives no role, or its issuer cannot be reached.</exception>
    public async ValueTask<AdminUser?> FindAsync(string credential, CancellationToken cancellationToken)
    {
        var snapshot = engine.Snapshot;
        if (snapshot.Section(AdminAccess.Section) is not { } access)
            return null;
        if (access.Find(credential) is { } user)
            return user;
        if (access.Issuer is { } issuer && AdminTokens.IsToken(credential))
            return await tokens.Value.IdentifyAsync(credential, issuer, cancellationToken);
        return snapshot.Section(CallerTable.Section)?.Find(credential) is { Refusal: null } key ? AdminUser.Of(key.Caller) : null;
    }

    /// <exception cref="AdminException">The user's role is lower than the one that the path needs.</exception>
    public static void Check(AdminUser user, AdminRoute route)
    {
        var needed = route.Operation.Role;
        if (user.Role >= needed)
            return;
        if (user.Caller is not null)
        {
            throw new AdminException(
                StatusCodes.Status403Forbidden, "not_admin",
                $"This is a client's key: it sees its own figures under GET /admin/me. {route} needs an admin key with the role "
                    + $"{AdminRoles.NameOf(needed)}.");
        }

        throw new AdminException(
            StatusCodes.Status403Forbidden, "role_missing",
            $"{route} needs the role {AdminRoles.NameOf(needed)}, and '{user.Name}' has the role {AdminRoles.NameOf(user.Role)}. "
                + "admin.keys.NAME.role sets a key's role.");
    }
}
