using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Switchyard.Server.Composition;

namespace Switchyard.Server.Commands;

/// <summary>
/// A running gateway, over its admin API: <c>switchyard status</c>, <c>budgets</c>, <c>limits</c>, <c>cache</c> and <c>audit</c>.
/// </summary>
internal static class GatewayCommands
{
    private const int MostShown = 1000;

    private static readonly Option<int> s_limit = Limit(MostShown);

    public static Command Status(ConfigurationChecks checks) =>
        new Command("status", "Shows the state of a running gateway: providers, calls, cache, limits, costs.").AsksGateway().Shows(
            checks,
            async (gateway, _, stop) => (await gateway.SendAsync(HttpMethod.Get, "/admin/status", null, stop)).Having("providers"),
            ShowStatus,
            status => status["not_ready"] is null);

    public static Command Budgets(ConfigurationChecks checks) => List(
        checks, new Command("budgets", "Shows what each budget has spent."), "/admin/budgets",
        ["id", "mode", "limit_usd", "spent_usd", "reserved_usd", "period_end", "used_up_at"]);

    public static Command Limits(ConfigurationChecks checks)
    {
        var blocked = new Option<bool>("--blocked", "-b") { Description = "Only limits that would refuse a request now." };
        return List(
            checks, new Command("limits", "Shows how much of each limit is used.") { blocked }, "/admin/limits",
            ["name", "scope", "request_count", "max_requests", "window_ms", "blocked", "running", "waiting"],
            parsed => parsed.GetValue(blocked) ? "?blocked=true" : "");
    }

    public static Command Cache(ConfigurationChecks checks)
    {
        var clear = new Command("clear", "Removes every cached answer.");
        clear.Shows(
            checks,
            async (gateway, _, stop) => await gateway.SendAsync(HttpMethod.Delete, "/admin/cache", null, stop),
            (output, _) => output.WriteLine("cleared"));
        var cache = new Command("cache", "Shows the cache's size and hits.").AsksGateway().Shows(
            checks,
            async (gateway, _, stop) => (await gateway.SendAsync(HttpMethod.Get, "/admin/cache", null, stop)).Having("enabled"),
            ShowMembers);
        cache.Add(clear);
        return cache;
    }

    public static Command Audit(ConfigurationChecks checks)
    {
        var verify = new Command("verify", "Verifies that the audit log is intact, or names the first broken entry and exits with 1.");
        verify.Shows(
            checks,
            async (gateway, _, stop) =>
                (await gateway.SendAsync(HttpMethod.Get, "/admin/audit/verify", null, stop)).Having("is_whole"),
            (output, verdict) => output.WriteLine(verdict.Cell("is_whole") == "yes"
                ? $"intact: {verdict.Cell("entries")} entries, the last with the hash {verdict.Cell("last_hash")}"
                : $"broken at entry {verdict.Cell("first_broken")}: {verdict.Cell("problem")}"),
            verdict => verdict.Cell("is_whole") == "yes");
        var audit = List(
            checks, new Command("audit", "Lists who changed what, newest first."), "/admin/audit",
            ["number", "time", "who", "role", "operation", "target", "outcome"]);
        audit.Add(verify);
        return audit;
    }

    /// <summary>The option for the number of lines shown.</summary>
    public static Option<int> Limit(int usual)
    {
        var limit = new Option<int>("--limit", "-n")
        {
            Description = "The most lines.",
            HelpName = "number",
            DefaultValueFactory = _ => usual,
            Recursive = true,
        };
        limit.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var written }] && int.TryParse(written, CultureInfo.InvariantCulture, out var most) && most < 1)
                result.AddError("--limit must be at least 1.");
        });
        return limit;
    }

    /// <summary>A command that shows a list of the admin API as a table.</summary>
    public static Command List(
        ConfigurationChecks checks, Command command, string path, string[] columns, Func<ParseResult, string>? queryOf = null)
    {
        command.AsksGateway().Shows(
            checks,
            async (gateway, parsed, stop) => new JsonArray(
                [.. (await gateway.ListAsync(path + queryOf?.Invoke(parsed), Math.Max(1, parsed.GetValue(s_limit)), stop))
                    .Select(entry => entry.DeepClone())]),
            (output, list) => ShowTable(output, list.AsArray(), columns));
        command.Add(s_limit);
        return command;
    }

    /// <summary>A table of entries; the columns are names of their members.</summary>
    public static void ShowTable(TextWriter output, JsonArray list, string[] columns) => OutputTable.Write(
        output,
        [.. columns.Select((column, i) => new OutputColumn(column.Replace('_', ' '), LeaveOut: i))],
        [.. list.Select(entry => columns.Select(column => entry.Cell(column)).ToArray())]);

    private static void ShowMembers(TextWriter output, JsonNode answer)
    {
        foreach (var (name, _) in answer.AsObject())
            output.WriteLine($"{name.Replace('_', ' ')}: {answer.Cell(name)}");
    }

    private static void ShowStatus(TextWriter output, JsonNode status)
    {
        var (cache, costs, config) = (status["cache"], status["costs"], status["config"]);
        output.WriteLine(
            $"switchyard {status.Cell("version")}, up {Duration(status["uptime_seconds"])}, configuration {status.Cell("generation")}");
        output.WriteLine(status["not_ready"] is null
            ? $"calls in flight: {status.Cell("calls_in_flight")}"
            : $"not ready: {status.Cell("not_ready")}");
        output.WriteLine($"cache: {(cache.Cell("enabled") == "yes" ? "on" : "off")}, {cache.Cell("total_entries")} entries, "
            + $"{cache.Cell("total_hits")} hits, {cache.Cell("total_misses")} misses");
        output.WriteLine($"limits: {status["limits"].Cell("total")}; blocked: {Blocked(status)}");
        output.WriteLine(costs.Cell("problem") is { Length: > 0 } problem
            ? $"costs: {problem}"
            : $"costs today: ${costs.Cell("total_cost")} for {costs.Cell("total_requests")} calls");
        if (costs.Cell("set_aside") is not ("" or "0"))
            output.WriteLine($"set aside: {costs.Cell("set_aside")} entries that the ledger's database refuses; the log says why");
        if (status["recordings"] is { } recordings && recordings.Cell("enabled") == "yes")
        {
            var lost = recordings["lost"]!.AsObject().Select(reason => $", {reason.Value} lost ({reason.Key})");
            output.WriteLine($"recordings: {recordings.Cell("written")} written{string.Concat(lost)}");
        }

        output.WriteLine(
            $"strategy: {config.Cell("strategy")}, at most {config.Cell("max_fallbacks")} fallbacks, {config.Cell("attempts")} attempts");
        OutputTable.Write(
            output,
            [
                new("provider"), new("enabled", 1), new("priority", 2, IsNumber: true), new("health"), new("active", 3, IsNumber: true),
                new("error", 4, Wraps: true),
            ],
            [
                .. status["providers"]!.AsArray().Select(provider => (string[])
                [
                    provider.Cell("name"), provider.Cell("enabled"), provider.Cell("priority"), provider?["health"].Cell("status") ?? "",
                    provider?["health"].Cell("active_connections") ?? "", provider?["health"].Cell("error") ?? "",
                ]),
            ]);
    }

    /// <summary>The names of the limits that refuse requests, and the number of those that the document leaves out.</summary>
    private static string Blocked(JsonNode status)
    {
        var names = status["rateLimits"]!.AsArray().Where(limit => limit.Cell("blocked") == "yes")
            .Select(limit => limit.Cell("name")).ToList();
        var more = (int?)status["limits"]?["blocked"] - names.Count;
        return names.Count == 0 ? "none"
            : string.Join(", ", names) + (more > 0 ? $" and {more} more (switchyard limits --blocked)" : "");
    }

    private static string Duration(JsonNode? seconds) =>
        TimeSpan.FromSeconds(Math.Round((double?)seconds ?? 0)).ToString("c", CultureInfo.InvariantCulture);
}
