using System.Text.Json.Serialization;
using Switchyard.Canonical;
using Switchyard.Engine;
using Switchyard.Identity;
using Switchyard.Money;
using Switchyard.Overview;

namespace Switchyard.Gateway.Admin.Features;

/// <summary>What budgets have spent, and the calls whose end is not known.</summary>
internal sealed class BudgetsAdmin(SwitchyardEngine engine, BudgetCurves curves) : IAdminEndpoints
{
    private const decimal MostDollars = 1_000_000;

    public void Map(AdminRoutes routes)
    {
        routes.Get(
            "/admin/budgets",
            new(AdminRole.Viewer, "Lists what each budget has spent and reserved, and when it will be used up")
            {
                Answer = () => BudgetJson.Default.AdminListBudgetView,
                IsList = true,
            },
            call => call.AnswerAsync(
                call.Page().Of(engine.Budgets.List().Select(BudgetView.Of), budget => budget.Id), BudgetJson.Default.AdminListBudgetView));
        routes.Get(
            "/admin/budgets/burn-down",
            new(AdminRole.Viewer, "Shows the spending of one budget over its period, and its forecast")
            {
                Query = [("id", "The id of the budget's account, from GET /admin/budgets.")],
                Answer = () => BudgetJson.Default.CurveView,
            },
            call => GuardAsync(() => ShowCurveAsync(call)));
        routes.Get(
            "/admin/budgets/unknown",
            new(AdminRole.Viewer, "Lists the calls with an unknown end")
            {
                Answer = () => BudgetJson.Default.AdminListUnknownView,
                IsList = true,
            },
            call => GuardAsync(() => ListUnknownAsync(call)));
        routes.Post(
            "/admin/budgets/unknown/{call}",
            new(AdminRole.Operator, "Sets the cost of a call with an unknown end")
            {
                Body = () => BudgetJson.Default.ResolveRequest,
                Example = """{"cost_usd":0.01}""",
            },
            call => GuardAsync(() => ResolveAsync(call)));
    }

    private async Task ShowCurveAsync(AdminCall call)
    {
        var curve = await curves.ReadAsync(call.Query("id") ?? "", call.Aborted) ?? throw AdminException.NotFound(
            "budget_not_found", "There is no such budget account: 'id' must be one that GET /admin/budgets lists.");
        await call.AnswerAsync(CurveView.Of(curve), BudgetJson.Default.CurveView);
    }

    private static async Task GuardAsync(Func<Task> answer)
    {
        try
        {
            await answer();
        }
        catch (LedgerException away)
        {
            throw UsageAdmin.ProblemOf(away);
        }
    }

    private async Task ListUnknownAsync(AdminCall call)
    {
        var unknown = await engine.Budgets.FindUnknownAsync(call.Aborted);
        // Call ids rise with time.
        var page = call.Page().Of(
            unknown.Select(UnknownView.Of).OrderBy(entry => entry.Call, StringComparer.Ordinal), entry => entry.Call);
        await call.AnswerAsync(page, BudgetJson.Default.AdminListUnknownView);
    }

    private async Task ResolveAsync(AdminCall call)
    {
        var decided = await call.ReadAsync(BudgetJson.Default.ResolveRequest);
        if (decided.CostUsd is not { } cost || cost is < 0 or > MostDollars)
            throw AdminException.BadRequest("invalid_cost", "'cost_usd' must be what the call cost in US dollars: 0 if it was not billed.");
        if (!Guid.TryParse(call.Part("call"), out var id) || !await engine.Budgets.ResolveAsync(id, cost, call.Aborted))
        {
            throw AdminException.NotFound(
                "call_not_unknown", "There is no call with this id and an unknown end. GET /admin/budgets/unknown lists those calls.");
        }

        await call.DoneAsync();
    }
}

/// <summary>One account, as it is shown: money in US dollars.</summary>
internal sealed record BudgetView(
    string Id,
    string Budget,
    string? Scope,
    string Mode,
    decimal LimitUsd,
    decimal SpentUsd,
    decimal ReservedUsd,
    DateTimeOffset PeriodStart,
    DateTimeOffset? PeriodEnd,
    DateTimeOffset? UsedUpAt)
{
    public static BudgetView Of(BudgetStatus status) => new(
        status.Id,
        status.Budget,
        status.Scope,
        status.IsStrict ? "strict" : "warn",
        TokenCost.ToDollars(status.Limit),
        TokenCost.ToDollars(status.Spent),
        TokenCost.ToDollars(status.Reserved),
        status.Start,
        status.End,
        status.UsedUpAt);
}

/// <summary>A budget's spending over time, as it is shown: money in US dollars. No points for a budget of a model.</summary>
internal sealed record CurveView(BudgetView Budget, IReadOnlyList<CurvePointView>? Spent, decimal? ForecastUsd)
{
    public static CurveView Of(BudgetCurve curve) => new(
        BudgetView.Of(curve.Budget),
        curve.Spent is { } spent ? [.. spent.Select(point => new CurvePointView(point.At, point.Dollars))] : null,
        curve.Forecast);
}

/// <summary>The total spent until a moment.</summary>
internal sealed record CurvePointView(DateTimeOffset At, decimal SpentUsd);

/// <summary>A call whose end is not known, as it is shown.</summary>
internal sealed record UnknownView(
    string Call,
    string RequestId,
    DateTimeOffset StartedAt,
    string? Key,
    string? Tenant,
    string Model,
    decimal HeldUsd,
    IReadOnlyList<string> Budgets)
{
    public static UnknownView Of(LedgerEntry entry) => new(
        entry.Call.ToString(), entry.RequestId, entry.StartedAt, entry.Key, entry.Tenant, entry.Alias,
        TokenCost.ToDollars(entry.WorstCase), entry.Budgets);
}

/// <summary>The cost of a call whose end was not known.</summary>
internal sealed record ResolveRequest(decimal? CostUsd);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(AdminList<BudgetView>))]
[JsonSerializable(typeof(AdminList<UnknownView>))]
[JsonSerializable(typeof(CurveView))]
[JsonSerializable(typeof(ResolveRequest))]
internal sealed partial class BudgetJson : JsonSerializerContext;
