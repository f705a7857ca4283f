using System.Text.Json;
using System.Text.Json.Serialization;
using Switchyard.Configuration;
using Switchyard.Engine;
using Switchyard.Identity;
using Switchyard.Limits;
using Switchyard.Providers.Catalogue;

namespace Switchyard.Gateway.Admin.Features;

/// <summary><c>/admin/limits</c>: the count of every limit. Limits of providers and models are set, removed and reset here.</summary>
internal sealed class LimitsAdmin(SwitchyardEngine engine) : IAdminEndpoints
{
    private static readonly (string, string)[] s_filters =
    [
        ("scope", "Only limits of this kind: provider, deployment, key or tenant."),
        ("blocked", "If true, only limits that would refuse a request now."),
    ];

    private static readonly (string, string)[] s_scope = [("scope", "What the limit is of: provider, deployment, key or tenant.")];

    public void Map(AdminRoutes routes)
    {
        routes.Get(
            "/admin/limits",
            new(AdminRole.Viewer, "Lists the counts of every limit")
            {
                Query = s_filters,
                Answer = () => LimitJson.Default.LimitListJson,
                IsList = true,
            },
            ListAsync);
        routes.Get(
            "/admin/limits/{name}",
            new(AdminRole.Viewer, "Shows the counts of one limit")
            {
                Query = s_scope,
                Answer = () => LimitJson.Default.LimitStatusJson,
            },
            call => AnswerAsync(call, Find(call.Part("name"), ScopeOf(call)) ?? throw Unknown(call)));
        routes.Put(
            "/admin/limits/{name}",
            new(AdminRole.Operator, "Sets the limit of a provider, or of provider%2Fmodel")
            {
                Body = () => LimitJson.Default.LimitSettingsJson,
                Example = """{"rpm":600,"concurrency":20}""",
                Answer = () => LimitJson.Default.LimitStatusJson,
                IsVersioned = true,
            },
            SetAsync);
        routes.Delete(
            "/admin/limits/{name}",
            new(AdminRole.Operator, "Removes the limit of a provider or model") { IsVersioned = true },
            async call =>
            {
                call.CheckVersion(VersionOf(Find(call.Part("name")) ?? throw Unknown(call)));
                await ApplyAsync(call, null);
                await call.DoneAsync();
            });
        routes.Post(
            "/admin/limits/{name}/reset",
            new(AdminRole.Operator, "Resets the counts of one limit") { Query = s_scope },
            call => engine.Limits.Reset(call.Part("name"), ScopeOf(call)) ? call.DoneAsync() : throw Unknown(call));
        routes.Post(
            "/admin/limits/reset",
            new(AdminRole.Operator, "Resets the counts of all limits"),
            call =>
            {
                engine.Limits.ResetAll();
                return call.DoneAsync();
            });
    }

    private async Task ListAsync(AdminCall call)
    {
        var asked = call.Page();
        var page = asked.Of(engine.Limits.List(ScopeOf(call), IsBlockedOnly(call), asked.After), limit => limit.Id);
        await call.AnswerAsync(
            new LimitListJson([.. page.Data.Select(Shown)], page.Next, engine.Limits.Nodes, engine.Limits.IsAlone),
            LimitJson.Default.LimitListJson);
    }

    private async Task SetAsync(AdminCall call)
    {
        var asked = await call.ReadAsync(LimitJson.Default.LimitSettingsJson);
        var name = call.Part("name");
        call.CheckVersion(Find(name) is { } now ? VersionOf(now) : null);
        // Only code may limit a provider that it adds later: in a request, a name that fits none is a mistake.
        var provider = name.Split('/')[0];
        if (engine.FindProvider(provider) is null && ProviderCatalog.Default.Find(provider) is null)
        {
            throw AdminException.BadRequest(
                "invalid_limit", $"limits.{name}: there is no provider '{provider}'; GET /admin/providers lists them.");
        }

        await ApplyAsync(call, asked.ToOptions());
        await AnswerAsync(call, Find(name) ?? new LimitStatus(LimitScope.Provider, name));
    }

    /// <summary>The counts of a limit. One of a provider or model that is disabled counts nothing, but can be read and removed.</summary>
    private LimitStatus? Find(string name, LimitScope? scope = null)
    {
        if (engine.Limits.GetStatus(name, scope) is { } counted)
            return counted;
        var own = name.Contains('/', StringComparison.Ordinal) ? LimitScope.Deployment : LimitScope.Provider;
        return (scope is null || scope == own) && engine.Limits.GetSettings(name) is not null ? new LimitStatus(own, name) : null;
    }

    private Task AnswerAsync(AdminCall call, LimitStatus status)
    {
        call.SetVersion(VersionOf(status));
        return call.AnswerAsync(Shown(status), LimitJson.Default.LimitStatusJson);
    }

    private string VersionOf(LimitStatus status)
    {
        var settings = status.Scope is LimitScope.Key or LimitScope.Tenant ? null : engine.Limits.GetSettings(status.Name);
        return AdminVersion.Of(string.Join(
            '|',
            [
                $"{status.Scope} {status.Name} {status.Concurrency}",
                // What the counts do not show.
                $"{settings?.Enabled} {settings?.Mode} {settings?.Queue} {settings?.QueueWait.Ticks}",
                .. status.Rules.Select(rule => $"{rule.Rule.Setting} {rule.Rule.Unit} {rule.Rule.Max} {rule.Rule.Window.Ticks}"),
            ]));
    }

    private async Task ApplyAsync(AdminCall call, LimitOptions? options)
    {
        var outcome = await engine.Limits.SetLimitAsync(call.Part("name"), options, call.User.Name, call.Aborted);
        if (!outcome.Applied)
            throw AdminException.BadRequest("invalid_limit", outcome.Reason ?? "The limit is not valid.");
    }

    private static LimitScope? ScopeOf(AdminCall call) => call.Query("scope") switch
    {
        null => null,
        "provider" => LimitScope.Provider,
        "deployment" => LimitScope.Deployment,
        "key" => LimitScope.Key,
        "tenant" => LimitScope.Tenant,
        _ => throw AdminException.BadRequest("invalid_scope", "'scope' must be provider, deployment, key or tenant."),
    };

    private static bool IsBlockedOnly(AdminCall call) => call.Query("blocked") switch
    {
        null or "false" => false,
        "true" => true,
        _ => throw AdminException.BadRequest("invalid_query", "'blocked' must be true or false."),
    };

    private static AdminException Unknown(AdminCall call) => AdminException.NotFound(
        "limit_not_found",
        $"There is no limit of '{call.Part("name")}'; GET /admin/limits lists them. "
            + "Limits of keys and tenants need ?scope=key or ?scope=tenant.");

    /// <summary>A limit as it is shown.</summary>
    internal static LimitStatusJson Shown(LimitStatus status) => new(
        status.Scope.ToString().ToLowerInvariant(),
        status.Name,
        status.RequestCount,
        status.MaxRequests,
        (long?)status.Window?.TotalMilliseconds,
        status.Blocked,
        status.RetryAfter is { } wait ? Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds)) : null,
        status.Concurrency,
        status.Running,
        status.Waiting,
        [.. status.Rules.Select(rule => new LimitRuleJson(
            rule.Rule.Setting, rule.Rule.Unit.ToString().ToLowerInvariant(), rule.Rule.Max, (long)rule.Rule.Window.TotalMilliseconds,
            rule.Used))]);
}

/// <summary>All limits, how many gateways count together, and whether this one counts alone because their store is unavailable.</summary>
internal sealed record LimitListJson(IReadOnlyList<LimitStatusJson> Data, string? Next, int Nodes, bool Alone)
{
    /// <summary>The constant <c>list</c>.</summary>
    [JsonPropertyOrder(-1)]
    public string Object { get; } = "list";
}

internal sealed record LimitStatusJson(
    string Scope, string Name, long RequestCount, long? MaxRequests, long? WindowMs, bool Blocked, long? RetryAfter, int? Concurrency,
    int Running, int Waiting, IReadOnlyList<LimitRuleJson> Rules);

internal sealed record LimitRuleJson(string Setting, string Unit, long Max, long WindowMs, long Used);

/// <summary>
/// A limit as it is set: the settings of <c>limits</c>, with <c>max_requests</c>, <c>max_tokens</c>, <c>window_ms</c> and
/// <c>queue_wait_ms</c> in place of <c>requests</c>, <c>tokens</c>, <c>window</c> and <c>queue_wait</c>.
/// </summary>
internal sealed record LimitSettingsJson
{
    // Longer than any window that is valid, and short enough for a TimeSpan.
    private const long MostMilliseconds = 1_000_000_000_000;

    public long? Rpm { get; init; }

    public long? Rpd { get; init; }

    public long? Tpm { get; init; }

    public long? Tpd { get; init; }

    public long? MaxRequests { get; init; }

    public long? MaxTokens { get; init; }

    public long? WindowMs { get; init; }

    public int? Concurrency { get; init; }

    public string? Mode { get; init; }

    public int? Queue { get; init; }

    public long? QueueWaitMs { get; init; }

    public bool? Enabled { get; init; }

    public LimitOptions ToOptions()
    {
        var options = new LimitOptions
        {
            RequestsPerMinute = Rpm,
            RequestsPerDay = Rpd,
            TokensPerMinute = Tpm,
            TokensPerDay = Tpd,
            Requests = MaxRequests,
            Tokens = MaxTokens,
            Concurrency = Concurrency,
            Enabled = Enabled ?? true,
        };
        options.Mode = Mode ?? options.Mode;
        options.Queue = Queue ?? options.Queue;
        options.QueueWait = DurationOf(QueueWaitMs, -1) ?? options.QueueWait;
        options.Window = DurationOf(WindowMs, 0) ?? options.Window;
        return options;
    }

    private static TimeSpan? DurationOf(long? milliseconds, long least) =>
        milliseconds is { } written ? TimeSpan.FromMilliseconds(Math.Clamp(written, least, MostMilliseconds)) : null;
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(LimitListJson))]
[JsonSerializable(typeof(AdminList<LimitStatusJson>))]
[JsonSerializable(typeof(LimitSettingsJson))]
internal sealed partial class LimitJson : JsonSerializerContext;
