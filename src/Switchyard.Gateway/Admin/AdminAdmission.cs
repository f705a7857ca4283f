using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Switchyard.Engine;
using Switchyard.Gateway.Security;
using Switchyard.Identity;

namespace Switchyard.Gateway.Admin;

/// <summary>
/// Says who asks the admin API, and whether they may: a path's role is compared with theirs here and nowhere else. Thread-safe.
/// </summary>
internal sealed class AdminAdmission(SwitchyardEngine engine, Lazy<AdminTokens> tokens)
{
    /// <summary>Marks the connections of the admin API's own listener.</summary>
    public static readonly object ListenerMark = new();

    private const string Bearer = "Bearer ";

    // As it was when the server began to listen: a reload makes no listener, and what was kept from the others stays kept from them.
    private bool _beganApart;

    /// <summary>Notes where it answers. Called when the engine has started, before the server listens.</summary>
    public void Begin() => _beganApart = engine.Snapshot.Section(AdminAccess.Section) is { HasOwnAddress: true };

    /// <summary>Finds out who asks.</summary>
    /// <exception cref="AdminProblem">
    /// The admin API is off or not here; or they have shown nothing, or nothing that is known, and the path needs it.
    /// </exception>
    public async ValueTask<AdminUser> IdentifyAsync(HttpContext http, AdminOperation operation)
    {
        if (engine.Snapshot.Section(AdminAccess.Section) is not { } access)
        {
            throw new AdminProblem(
                StatusCodes.Status403Forbidden, "admin_disabled",
                "The admin API is off: nobody is named who may use it. Set admin.key, admin.keys or admin.oidc, for example "
                    + "admin: { key: ${SWITCHYARD_ADMIN_KEY} }.");
        }

        if (!IsAtItsAddress(http, access))
            throw AdminProblem.Unknown(http);
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
            ? new AdminProblem(
                StatusCodes.Status401Unauthorized, "missing_admin_key", "Send the admin key: 'Authorization: Bearer YOUR_ADMIN_KEY'.")
            : new AdminProblem(StatusCodes.Status401Unauthorized, "invalid_admin_key", "This is not the admin key (admin.key).");
    }

    /// <summary>Whether a request came in where the admin API answers.</summary>
    public bool IsAtItsAddress(HttpContext http, AdminAccess access) => !(_beganApart || access.HasOwnAddress)
        || http.Features.Get<IConnectionItemsFeature>()?.Items.ContainsKey(ListenerMark) is true;

    /// <summary>Whose a credential is that somebody has typed in: an admin key, a token, or a client's key; null when it is none.</summary>
    /// <exception cref="AdminProblem">It is a token that does not hold or gives no role, or whose issuer is away.</exception>
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

    /// <exception cref="AdminProblem">Their role is less than the path's.</exception>
    public static void Check(AdminUser user, AdminRoute route)
    {
        var needed = route.Operation.Role;
        if (user.Role >= needed)
            return;
        if (user.Caller is not null)
        {
            throw new AdminProblem(
                StatusCodes.Status403Forbidden, "not_admin",
                $"This is a client's key: it sees its own figures under GET /admin/me. {route} needs an admin key with the role "
                    + $"{AdminRoles.NameOf(needed)}.");
        }

        throw new AdminProblem(
            StatusCodes.Status403Forbidden, "role_missing",
            $"{route} needs the role {AdminRoles.NameOf(needed)}, and '{user.Name}' has the role {AdminRoles.NameOf(user.Role)}. "
                + "Roles are given by admin.keys.NAME.role.");
    }
}
