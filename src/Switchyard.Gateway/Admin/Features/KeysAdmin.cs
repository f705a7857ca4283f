using Microsoft.AspNetCore.Http;
using Switchyard.Engine;
using Switchyard.Identity;

namespace Switchyard.Gateway.Admin.Features;

/// <summary>
/// <c>/admin/keys</c>: lists the keys. Those of the store can also be created, changed, rotated, revoked and deleted.
/// </summary>
internal sealed class KeysAdmin(SwitchyardEngine engine) : IAdminEndpoints
{
    public void Map(AdminRoutes routes)
    {
        routes.Get(
            "/admin/keys",
            new(AdminRole.Viewer, "Lists the keys of the configuration and of the store, without the secrets")
            {
                Query =
                [
                    ("match", "Only keys that have this in their name, id, tenant or status."),
                    ("tenant", "Only keys of this tenant, not of one below it."),
                ],
                Answer = () => AdminSchemas.Keys,
                IsList = true,
            },
            ListAsync);
        routes.Get(
            "/admin/keys/{name}",
            new(AdminRole.Viewer, "Shows one key: status, prefix, last use, settings") { Answer = () => AdminSchemas.Key },
            call => AnswerAsync(call, engine.Keys.GetKey(call.Part("name"))));
        routes.Post(
            "/admin/keys",
            new(AdminRole.Admin, "Creates a key, which is shown only in this answer")
            {
                Body = () => AdminSchemas.NewKey,
                Example = """{"name":"ci","models":["fast"],"limits":{"rpm":60}}""",
                Answer = () => AdminSchemas.Key,
                Creates = true,
            },
            CreateAsync);
        routes.Patch(
            "/admin/keys/{name}",
            new(AdminRole.Admin, "Changes settings of a key; null removes one")
            {
                Body = () => AdminSchemas.KeySettings,
                Example = """{"limits":{"rpm":120}}""",
                Answer = () => AdminSchemas.Key,
                IsVersioned = true,
            },
            ChangeAsync);
        routes.Post(
            "/admin/keys/{name}/rotate",
            new(AdminRole.Admin, "Replaces a key with a new one")
            {
                Query = [("grace", "How long the old key keeps working, for example 1h. Default: 1d.")],
                Answer = () => AdminSchemas.Key,
                IsVersioned = true,
            },
            RotateAsync);
        routes.Post(
            "/admin/keys/{name}/revoke",
            new(AdminRole.Admin, "Revokes a key for good") { Answer = () => AdminSchemas.Key, IsVersioned = true },
            RevokeAsync);
        routes.Delete(
            "/admin/keys/{name}",
            new(AdminRole.Admin, "Deletes a key without a trace") { IsVersioned = true },
            DeleteAsync);
    }

    private Task ListAsync(AdminCall call)
    {
        var page = call.Page();
        var list = engine.Keys.ListKeys(call.Query("match") ?? "", call.Query("tenant"), page.After).Select(key => KeyJson.View(key));
        return call.AnswerAsync(page.Of(list, key => (string)key["name"]!), AdminJson.Default.AdminListJsonObject);
    }

    private async Task CreateAsync(AdminCall call)
    {
        var settings = await call.ReadAsync(AdminJson.Default.JsonObject);
        var made = await engine.Keys.CreateKeyAsync(KeyJson.TakeName(settings), settings, call.Aborted);
        await AnswerAsync(call, made.Info, made.Key, StatusCodes.Status201Created);
    }

    private async Task ChangeAsync(AdminCall call)
    {
        var changes = await call.ReadAsync(AdminJson.Default.JsonObject);
        Check(call);
        await AnswerAsync(call, await engine.Keys.ChangeKeyAsync(call.Part("name"), changes, call.Aborted));
    }

    private async Task RotateAsync(AdminCall call)
    {
        // A grace period in the body would otherwise be ignored, and a key that has leaked would work for another day.
        if ((await call.ReceiveAsync()).Length > 0 && (await call.ReadAsync(AdminJson.Default.JsonObject)).Count > 0)
            throw AdminException.BadRequest("invalid_request", "It takes no body: name the grace period in the address, as ?grace=1h.");
        Check(call);
        var made = await engine.Keys.RotateKeyAsync(call.Part("name"), call.Query("grace"), call.Aborted);
        await AnswerAsync(call, made.Info, made.Key);
    }

    private async Task RevokeAsync(AdminCall call)
    {
        Check(call);
        await AnswerAsync(call, await engine.Keys.RevokeKeyAsync(call.Part("name"), call.Aborted));
    }

    private async Task DeleteAsync(AdminCall call)
    {
        Check(call);
        await engine.Keys.DeleteKeyAsync(call.Part("name"), call.Aborted);
        await call.DoneAsync();
    }

    private void Check(AdminCall call) =>
        call.CheckVersion(() => KeyJson.VersionOf(KeyJson.View(engine.Keys.GetKey(call.Part("name")))));

    private static Task AnswerAsync(AdminCall call, KeyInfo key, string? secret = null, int status = StatusCodes.Status200OK) =>
        KeyJson.AnswerAsync(call, KeyJson.View(key, secret), status);
}
