using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Switchyard.Calls;
using Switchyard.Engine;
using Switchyard.Identity;
using Switchyard.Overview;

namespace Switchyard.Gateway.Admin;

/// <summary>
/// <c>/admin/me</c>: who asks, and as what; and for the owner of a client's key what that key has used of its limits and budgets. What it
/// has cost is <see cref="UsageAdmin"/>'s.
/// </summary>
internal sealed class MeAdmin(SwitchyardEngine engine, OwnFigures own) : IAdminEndpoints
{
    /// <summary>The path below which everybody finds their own.</summary>
    public const string Path = "/admin/me";

    public void Map(AdminRoutes routes)
    {
        routes.Get(
            Path,
            new(AdminRole.Caller, "Says who asks, and what they may do") { Answer = () => MeJson.Default.MeView },
            call => call.AnswerAsync(View(call.User), MeJson.Default.MeView));
        routes.Get(
            $"{Path}/limits",
            new(AdminRole.Caller, "Says what is counted of the limits of one's own key and its tenants")
            {
                Answer = () => LimitJson.Default.AdminListLimitStatusJson,
                IsList = true,
            },
            async call =>
            {
                var limits = own.LimitsOf(OwnerOf(call)).Select(LimitsAdmin.Shown);
                await call.AnswerAsync(call.Page().Of(limits, limit => limit.Name), LimitJson.Default.AdminListLimitStatusJson);
            });
        routes.Get(
            $"{Path}/budgets",
            new(AdminRole.Caller, "Says what the budgets of one's own key and its tenants have spent")
            {
                Answer = () => BudgetJson.Default.AdminListBudgetView,
                IsList = true,
            },
            async call =>
            {
                var budgets = own.BudgetsOf(OwnerOf(call)).Select(BudgetView.Of);
                await call.AnswerAsync(call.Page().Of(budgets, budget => budget.Id), BudgetJson.Default.AdminListBudgetView);
            });
    }

    /// <summary>Somebody who came without a client's key has no figures of their own.</summary>
    internal static AdminProblem NoKey() => AdminProblem.NotFound(
        "no_client_key",
        "Only a client's key has figures of its own, and this is none. GET /admin/usage?key=NAME has those of one, GET /admin/limits and "
            + "/admin/budgets those of all.");

    private static Caller OwnerOf(AdminCall call) => call.User.Caller ?? throw NoKey();

    private MeView View(AdminUser user) => new(
        user.Name, user.Kind, AdminRoles.NameOf(user.Role), user.Caller?.Id, user.Caller?.Tenant,
        user.Caller is { } caller ? SettingsOf(caller) : null);

    /// <summary>The settings of a caller's key; null for one of <c>server.keys</c>, which has none.</summary>
    private JsonObject? SettingsOf(Caller caller)
    {
        try
        {
            // Not looked for in the list of all keys, of which there may be very many.
            return (JsonObject)engine.Keys.GetKey(caller.Name).Settings.DeepClone();
        }
        catch (KeyChangeException)
        {
            return null;
        }
    }
}

/// <summary>Who asks.</summary>
/// <param name="Name">Their name.</param>
/// <param name="Kind">How they have shown who they are.</param>
/// <param name="Role">What they may do.</param>
/// <param name="Id">The id of their client's key in logs and metrics.</param>
/// <param name="Tenant">The tenant their calls count for.</param>
/// <param name="Settings">The settings of their client's key.</param>
internal sealed record MeView(string Name, string Kind, string Role, string? Id, string? Tenant, JsonObject? Settings);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(MeView))]
internal sealed partial class MeJson : JsonSerializerContext;
