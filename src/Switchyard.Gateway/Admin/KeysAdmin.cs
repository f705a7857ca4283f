using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Switchyard.Engine;
using Switchyard.Identity;

namespace Switchyard.Gateway.Admin;

/// <summary>
/// <c>/admin/keys</c>: lists the keys. Those of the store can also be created, changed, rotated, revoked and deleted.
/// </summary>
internal sealed class KeysAdmin(SwitchyardEngine engine) : IAdminEndpoints
{
    public void Map(AdminRoutes routes)
    {
        var keys = engine.Keys;
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
            call =>
            {
                var page = call.Page();
                var list = keys.ListKeys(call.Query("match") ?? "", call.Query("tenant"), page.After).Select(key => View(key));
                return call.AnswerAsync(page.Of(list, key => (string)key["name"]!), AdminJson.Default.AdminListJsonObject);
            });
        routes.Get(
            "/admin/keys/{name}",
            new(AdminRole.Viewer, "Shows one key: status, prefix, last use, settings") { Answer = () => AdminSchemas.Key },
            call => AnswerAsync(call, View(keys.GetKey(call.Part("name")))));
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
            async call =>
            {
                var changes = await call.ReadAsync(AdminJson.Default.JsonObject);
                Check(call);
                await AnswerAsync(call, View(await keys.ChangeKeyAsync(call.Part("name"), changes, call.Aborted)));
            });
        routes.Post(
            "/admin/keys/{name}/rotate",
            new(AdminRole.Admin, "Replaces a key with a new one")
            {
                Query = [("grace", "How long the old key keeps working, for example 1h. Default: 1d.")],
                Answer = () => AdminSchemas.Key,
                IsVersioned = true,
            },
            async call =>
            {
                Check(call);
                var made = await keys.RotateKeyAsync(call.Part("name"), call.Query("grace"), call.Aborted);
                await AnswerAsync(call, View(made.Info, made.Key));
            });
        routes.Post(
            "/admin/keys/{name}/revoke",
            new(AdminRole.Admin, "Revokes a key for good") { Answer = () => AdminSchemas.Key, IsVersioned = true },
            async call =>
            {
                Check(call);
                await AnswerAsync(call, View(await keys.RevokeKeyAsync(call.Part("name"), call.Aborted)));
            });
        routes.Delete(
            "/admin/keys/{name}",
            new(AdminRole.Admin, "Deletes a key without a trace") { IsVersioned = true },
            async call =>
            {
                Check(call);
                await keys.DeleteKeyAsync(call.Part("name"), call.Aborted);
                await call.DoneAsync();
            });
    }

    private async Task CreateAsync(AdminCall call)
    {
        var settings = await call.ReadAsync(AdminJson.Default.JsonObject);
        var made = await engine.Keys.CreateKeyAsync(TakeName(settings), settings, call.Aborted);
        await AnswerAsync(call, View(made.Info, made.Key), StatusCodes.Status201Created);
    }

    private void Check(AdminCall call) => call.CheckVersion(() => VersionOf(View(engine.Keys.GetKey(call.Part("name")))));

    /// <summary>Removes the name from a body and returns it: it is not a setting.</summary>
    internal static string TakeName(JsonObject body)
    {
        if (body["name"] is not JsonValue value || !value.TryGetValue(out string? name) || string.IsNullOrWhiteSpace(name))
            throw AdminProblem.BadRequest("invalid_name", "The body needs a 'name', as text.");
        body.Remove("name");
        return name;
    }

    internal static Task AnswerAsync(AdminCall call, JsonObject view, int status = StatusCodes.Status200OK)
    {
        call.SetVersion(VersionOf(view));
        return call.AnswerAsync(view, AdminJson.Default.JsonObject, status);
    }

    /// <summary>The version of a key or tenant: a hash of its view, without the key itself, its status and its use.</summary>
    internal static string VersionOf(JsonObject view) => AdminVersion.Of(string.Join(
        '|', view.Where(entry => entry.Key is not ("key" or "last_used" or "keys" or "key_count" or "status")).Select(
            entry => $"{entry.Key} {entry.Value?.ToJsonString()}")));

    /// <summary>Its facts, then its settings as the configuration writes them.</summary>
    internal static JsonObject View(KeyInfo key, string? secret = null)
    {
        var view = new JsonObject
        {
            ["object"] = "key",
            ["name"] = key.Name,
            ["id"] = key.Id,
            ["source"] = key.IsConfigured ? "configuration" : "store",
            ["status"] = key.Status,
        };
        Add("key", secret);
        Add("prefix", key.Prefix);
        Add("problem", key.Problem);
        Add("created", Text(key.Created));
        Add("last_used", Text(key.LastUsed));
        Add("revoked", Text(key.Revoked));
        Add("previous_ends", Text(key.PreviousEnds));
        foreach (var (name, value) in key.Settings)
            view[name] = value?.DeepClone();
        return view;

        void Add(string name, string? value)
        {
            if (value is not null)
                view[name] = value;
        }
    }

    internal static string? Text(DateTimeOffset? time) =>
        time?.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture);
}
