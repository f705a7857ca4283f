using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Switchyard.Engine;
using Switchyard.Identity;

namespace Switchyard.Gateway.Admin;

/// <summary><c>/admin/tenants</c>: those of the configuration are listed, those of the store made, changed and deleted.</summary>
internal sealed class TenantsAdmin(SwitchyardEngine engine) : IAdminEndpoints
{
    public void Map(AdminRoutes routes)
    {
        var keys = engine.Keys;
        routes.Get("/admin/tenants", call => call.AnswerAsync(
            call.Page().Of(keys.ListTenants().Select(View), tenant => (string)tenant["name"]!), AdminJson.Default.AdminListJsonObject));
        routes.Get("/admin/tenants/{name}", call => KeysAdmin.AnswerAsync(call, View(keys.GetTenant(call.Part("name")))));
        routes.Post("/admin/tenants", async call =>
        {
            var settings = await call.ReadAsync(AdminJson.Default.JsonObject);
            var made = await keys.CreateTenantAsync(KeysAdmin.TakeName(settings), settings, call.Aborted);
            await KeysAdmin.AnswerAsync(call, View(made), StatusCodes.Status201Created);
        });
        routes.Patch("/admin/tenants/{name}", async call => await KeysAdmin.AnswerAsync(
            call, View(await keys.ChangeTenantAsync(call.Part("name"), await call.ReadAsync(AdminJson.Default.JsonObject), call.Aborted))));
        routes.Delete("/admin/tenants/{name}", async call =>
        {
            await keys.DeleteTenantAsync(call.Part("name"), call.Aborted);
            await call.DoneAsync();
        });
    }

    /// <summary>What it is, then its settings as the configuration writes them.</summary>
    internal static JsonObject View(TenantInfo tenant)
    {
        var view = new JsonObject
        {
            ["object"] = "tenant",
            ["name"] = tenant.Name,
            ["source"] = tenant.IsConfigured ? "configuration" : "store",
            ["keys"] = new JsonArray([.. tenant.Keys.Select(key => JsonValue.Create(key))]),
        };
        if (tenant.Created is { } created)
            view["created"] = KeysAdmin.Text(created);
        foreach (var (name, value) in tenant.Settings)
            view[name] = value?.DeepClone();
        return view;
    }
}
