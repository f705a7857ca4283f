using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Switchyard.Engine;
using Switchyard.Identity;

namespace Switchyard.Gateway.Admin;

/// <summary><c>/admin/tenants</c>: lists the tenants. Those of the store can also be created, changed and deleted.</summary>
internal sealed class TenantsAdmin(SwitchyardEngine engine) : IAdminEndpoints
{
    /// <summary>The most key names that are shown of a tenant.</summary>
    private const int MostKeys = 100;

    public void Map(AdminRoutes routes)
    {
        var keys = engine.Keys;
        routes.Get(
            "/admin/tenants",
            new(AdminRole.Viewer, "Lists every tenant that has an entry, with the names of its keys")
            {
                Description = "Each has the names of its first 100 keys and how many there are; /admin/keys?tenant= pages through all.",
                Answer = () => AdminSchemas.Tenants,
                IsList = true,
            },
            call => call.AnswerAsync(
                call.Page().Of(keys.ListTenants().Select(View), tenant => (string)tenant["name"]!),
                AdminJson.Default.AdminListJsonObject));
        routes.Get(
            "/admin/tenants/{name}",
            new(AdminRole.Viewer, "Shows one tenant") { Answer = () => AdminSchemas.Tenant },
            call => KeysAdmin.AnswerAsync(call, View(keys.GetTenant(call.Part("name")))));
        routes.Post(
            "/admin/tenants",
            new(AdminRole.Admin, "Creates a tenant")
            {
                Body = () => AdminSchemas.NewTenant,
                Example = """{"name":"acme","budget":{"usd":100,"period":"month"}}""",
                Answer = () => AdminSchemas.Tenant,
                Creates = true,
            },
            async call =>
            {
                var settings = await call.ReadAsync(AdminJson.Default.JsonObject);
                var made = await keys.CreateTenantAsync(KeysAdmin.TakeName(settings), settings, call.Aborted);
                await KeysAdmin.AnswerAsync(call, View(made), StatusCodes.Status201Created);
            });
        routes.Patch(
            "/admin/tenants/{name}",
            new(AdminRole.Admin, "Changes settings of a tenant; null removes one")
            {
                Body = () => AdminSchemas.TenantSettings,
                Example = """{"enabled":false}""",
                Answer = () => AdminSchemas.Tenant,
                IsVersioned = true,
            },
            async call =>
            {
                var changes = await call.ReadAsync(AdminJson.Default.JsonObject);
                Check(call);
                await KeysAdmin.AnswerAsync(call, View(await keys.ChangeTenantAsync(call.Part("name"), changes, call.Aborted)));
            });
        routes.Delete(
            "/admin/tenants/{name}",
            new(AdminRole.Admin, "Deletes a tenant that has no keys and no tenants below it") { IsVersioned = true },
            async call =>
            {
                Check(call);
                await keys.DeleteTenantAsync(call.Part("name"), call.Aborted);
                await call.DoneAsync();
            });
    }

    private void Check(AdminCall call) => call.CheckVersion(() => KeysAdmin.VersionOf(View(engine.Keys.GetTenant(call.Part("name")))));

    /// <summary>Its facts, then its settings as the configuration writes them.</summary>
    internal static JsonObject View(TenantInfo tenant)
    {
        var view = new JsonObject
        {
            ["object"] = "tenant",
            ["name"] = tenant.Name,
            ["source"] = tenant.IsConfigured ? "configuration" : "store",
            ["keys"] = new JsonArray([.. tenant.Keys.Take(MostKeys).Select(key => JsonValue.Create(key))]),
            ["key_count"] = tenant.Keys.Count,
        };
        if (tenant.Created is { } created)
            view["created"] = KeysAdmin.Text(created);
        foreach (var (name, value) in tenant.Settings)
            view[name] = value?.DeepClone();
        return view;
    }
}
