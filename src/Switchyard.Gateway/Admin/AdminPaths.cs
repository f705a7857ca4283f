using System.Reflection;
using Microsoft.AspNetCore.Routing;
using Switchyard.Engine;
using Switchyard.Gateway.Security;
using Switchyard.Identity;

namespace Switchyard.Gateway.Admin;

/// <summary>The admin API: the paths of all features, and <c>GET /admin</c>, which lists them.</summary>
internal sealed class AdminPaths(SwitchyardEngine engine, AdminGate gate, IEnumerable<IAdminEndpoints> features)
{
    /// <summary>The version of Switchyard.</summary>
    public static readonly string Version = typeof(SwitchyardEngine).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";

    public void Map(IEndpointRouteBuilder endpoints)
    {
        var routes = new AdminRoutes(endpoints, gate);
        routes.Get(
            AdminPath.Root,
            new(AdminRole.Viewer, "Lists the version, the configuration's number and all paths")
            {
                Answer = () => AdminJson.Default.AdminIndex,
            },
            call => call.AnswerAsync(
                new AdminIndex(
                    Version, engine.Snapshot.Generation, [.. routes.All.Select(route => route.ToString()).Order(StringComparer.Ordinal)]),
                AdminJson.Default.AdminIndex));
        foreach (var feature in features)
            feature.Map(routes);
    }
}
