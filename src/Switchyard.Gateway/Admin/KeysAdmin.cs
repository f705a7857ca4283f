using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Switchyard.Engine;
using Switchyard.Identity;

namespace Switchyard.Gateway.Admin;

/// <summary>
/// <c>/admin/keys</c>: those of the configuration are listed, those of the store also made, changed, rotated, revoked and
/// deleted.
/// </summary>
internal sealed class KeysAdmin(SwitchyardEngine engine) : IAdminEndpoints
{
    public void Map(AdminRoutes routes)
    {
        var keys = engine.Keys;
        routes.Get("/admin/keys", call => call.AnswerAsync(
            call.Page().Of(keys.ListKeys().Select(key => View(key)), key => (string)key["name"]!), AdminJson.Default.AdminListJsonObject));
        routes.Get("/admin/keys/{name}", call => AnswerAsync(call, View(keys.GetKey(call.Part("name")))));
        routes.Post("/admin/keys", async call =>
        {
            var settings = await call.ReadAsync(AdminJson.Default.JsonObject);
            var made = await keys.CreateKeyAsync(TakeName(settings), settings, call.Aborted);
            await AnswerAsync(call, View(made.Info, made.Key), StatusCodes.Status201Created);
        });
        routes.Patch("/admin/keys/{name}", async call => await AnswerAsync(
            call, View(await keys.ChangeKeyAsync(call.Part("name"), await call.ReadAsync(AdminJson.Default.JsonObject), call.Aborted))));
        routes.Post("/admin/keys/{name}/rotate", async call =>
        {
            var made = await keys.RotateKeyAsync(call.Part("name"), call.Query("grace"), call.Aborted);
            await AnswerAsync(call, View(made.Info, made.Key));
        });
        routes.Post("/admin/keys/{name}/revoke", async call =>
            await AnswerAsync(call, View(await keys.RevokeKeyAsync(call.Part("name"), call.Aborted))));
        routes.Delete("/admin/keys/{name}", async call =>
        {
            await keys.DeleteKeyAsync(call.Part("name"), call.Aborted);
            await call.DoneAsync();
        });
    }

    /// <summary>The name in a body, which is no setting.</summary>
    internal static string TakeName(JsonObject body)
    {
        if (body["name"] is not JsonValue value || !value.TryGetValue(out string? name) || string.IsNullOrWhiteSpace(name))
            throw AdminProblem.BadRequest("invalid_name", "The body needs a 'name', as text.");
        body.Remove("name");
        return name;
    }

    internal static Task AnswerAsync(AdminCall call, JsonObject view, int status = StatusCodes.Status200OK) =>
        call.AnswerAsync(view, AdminJson.Default.JsonObject, status);

    /// <summary>What it is, then its settings as the configuration writes them.</summary>
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
