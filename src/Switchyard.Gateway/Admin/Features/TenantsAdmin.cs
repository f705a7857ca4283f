using Microsoft.AspNetCore.Http;
using Switchyard.Engine;
using Switchyard.Identity;

namespace Switchyard.Gateway.Admin.Features;

/// <summary><c>/admin/tenants</c>: lists the tenants. Those of the store can also be created, changed and deleted.</summary>
internal sealed class TenantsAdmin(SwitchyardEngine engine) : IAdminEndpoints
{
    public void Map(AdminRoutes routes)
    {
        routes.Get(
            "/admin/tenants",
            new(AdminRole.Viewer, "Lists every tenant that has an entry, with the names of its keys")
            {
                Description = "Each has the names of its first 100 keys and how many there are; /admin/keys?tenant= pages through all.",
                Answer = () => AdminSchemas.Tenants,
                IsList = true,
            },
            call => call.AnswerAsync(
                call.Page().Of(engine.Keys.ListTenants().Select(KeyJson.View), tenant => (string)tenant["name"]!),
                AdminJson.Default.AdminListJsonObject));
        routes.Get(
            "/admin/tenants/{name}",
            new(AdminRole.Viewer, "Shows one tenant") { Answer = () => AdminSchemas.Tenant },
            call => KeyJson.AnswerAsync(call, KeyJson.View(engine.Keys.GetTenant(call.Part("name")))));
        routes.Post(
            "/admin/tenants",
            new(AdminRole.Admin, "Creates a tenant")
            {
                Body = () => AdminSchemas.NewTenant,
                Example = """{"name":"acme","budget":{"usd":100,"period":"month"}}""",
                Answer = () => AdminSchemas.Tenant,
                Creates = true,
            },
            CreateAsync);
        routes.Patch(
            "/admin/tenants/{name}",
            new(AdminRole.Admin, "Changes settings of a tenant; null removes one")
            {
                Body = () => AdminSchemas.TenantSettings,
                Example = """{"enabled":false}""",
                Answer = () => AdminSchemas.Tenant,
                IsVersioned = true,
            },
            ChangeAsync);
        routes.Delete(
            "/admin/tenants/{name}",
            new(AdminRole.Admin, "Deletes a tenant that has no keys and no tenants below it") { IsVersioned = true },
            DeleteAsync);
    }

    private async Task CreateAsync(AdminCall call)
    {
        var settings = await call.ReadAsync(AdminJson.Default.JsonObject);
        var made = await engine.Keys.CreateTenantAsync(KeyJson.TakeName(settings), settings, call.Aborted);
        await KeyJson.AnswerAsync(call, KeyJson.View(made), StatusCodes.Status201Created);
    }

    private async Task ChangeAsync(AdminCall call)
    {
        var changes = await call.ReadAsync(AdminJson.Default.JsonObject);
        Check(call);
        var changed = await engine.Keys.ChangeTenantAsync(call.Part("name"), changes, call.Aborted);
        await KeyJson.AnswerAsync(call, KeyJson.View(changed));
    }

    private async Task DeleteAsync(AdminCall call)
    {
        Check(call);
        await engine.Keys.DeleteTenantAsync(call.Part("name"), call.Aborted);
        await call.DoneAsync();
    }

    private void Check(AdminCall call) =>
        call.CheckVersion(() => KeyJson.VersionOf(KeyJson.View(engine.Keys.GetTenant(call.Part("name")))));
}
