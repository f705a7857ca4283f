using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Switchyard.Calls;
using Switchyard.Engine;
using Switchyard.Identity;
using Switchyard.Overview;

namespace Switchyard.Gateway.Admin.Features;

/// <summary>
/// <c>/admin/me</c>: the signed-in user and role; for the owner of a client's key also what that key has used of its limits and budgets.
/// Its cost is shown by <see cref="UsageAdmin"/>.
/// </summary>
internal sealed class MeAdmin(SwitchyardEngine engine, OwnFigures own) : IAdminEndpoints
{
    /// <summary>The path below which each user finds their own figures.</summary>
    public const string Path = "/admin/me";

    public void Map(AdminRoutes routes)
    {
        routes.Get(
            Path,
            new(AdminRole.Caller, "Shows who the caller is, and the role") { Answer = () => MeJson.Default.MeView },
            call => call.AnswerAsync(View(call.User), MeJson.Default.MeView));
        routes.Get(
            $"{Path}/limits",
            new(AdminRole.Caller, "Lists the counts of the limits of the caller's key and its tenants")
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
            new(AdminRole.Caller, "Lists what the budgets of the caller's key and its tenants have spent")
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

    /// <summary>The problem for a user without a client's key, who has no figures of their own.</summary>
    internal static AdminException NoKey() => AdminException.NotFound(
        "no_client_key",
        "This is not a client's key, and only those have figures here. GET /admin/usage?key=NAME has those of one, GET /admin/limits and "
            + "/admin/budgets those of all.");

    private static Caller OwnerOf(AdminCall call) => call.User.Caller ?? throw NoKey();

    private MeView View(AdminUser user) => new(
        user.Name, user.Kind, AdminRoles.NameOf(user.Role), user.Caller?.Id, user.Caller?.Tenant,
        user.Caller is { } caller ? SettingsOf(caller) : null);

    /// <summary>The settings of a caller's key; null for a key of <c>server.keys</c>, which has none.</summary>
    private JsonObject? SettingsOf(Caller caller)
    {
        try
        {
            // Not searched in the list of all keys, which may be very long.
            return (JsonObject)engine.Keys.GetKey(caller.Name).Settings.DeepClone();
        }
        catch (KeyChangeException)
        {
            return null;
        }
    }
}

/// <summary>The signed-in user.</summary>
/// <param name="Name">The user's name.</param>
/// <param name="Kind">How the user was identified.</param>
/// <param name="Role">The user's role.</param>
/// <param name="Id">The id of the user's client key in logs and metrics.</param>
/// <param name="Tenant">The tenant that the key's calls count for.</param>
/// <param name="Settings">The settings of the client key.</param>
internal sealed record MeView(string Name, string Kind, string Role, string? Id, string? Tenant, JsonObject? Settings);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(MeView))]
internal sealed partial class MeJson : JsonSerializerContext;
