using System.Text.Json.Nodes;
using Switchyard.Identity;
using Switchyard.Overview;

namespace Switchyard.Gateway.Admin.Features;

/// <summary><c>/admin/status</c>: the state of the gateway in one document.</summary>
internal sealed class StatusAdmin(StatusReader status) : IAdminEndpoints
{
    public void Map(AdminRoutes routes) => routes.Get(
        "/admin/status",
        new(AdminRole.Viewer, "Shows the state of the gateway in one document")
        {
            Description = "Cache, limits, today's costs, metrics of the last 24 hours, configuration, and every provider with its health. "
                + "It has the most used limits and budgets, and how many there are; /admin/limits and /admin/budgets page "
                + "through all.",
            Query = [("limit", "The most limits, and budgets: from 1 to 1,000. Default: 100.")],
            Answer = () => AdminSchema.Made("SystemStatus", () => SystemStatus.DescribeJson()),
        },
        async call => await call.AnswerAsync<JsonObject>(
            (await status.ReadAsync(call.Page().Limit, call.Aborted)).ToJson(), AdminJson.Default.JsonObject));
}
