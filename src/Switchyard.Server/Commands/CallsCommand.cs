using System.CommandLine;
using System.CommandLine.Completions;
using System.Globalization;
using System.Text.Json.Nodes;
using Switchyard.Common;
using Switchyard.Money;
using Switchyard.Overview;
using Switchyard.Server.Composition;

namespace Switchyard.Server.Commands;

/// <summary><c>switchyard calls</c>: the calls that run in a gateway, the calls that have ended, and the details of one.</summary>
internal static class CallsCommand
{
    private const int UsuallyFound = 50;

    private static readonly string[] s_attempt = ["provider", "model", "mode", "outcome", "upstream_ms", "duration_ms", "cost", "error"];
    private static readonly string[] s_candidate = ["provider", "model", "group", "score", "excluded", "reason"];
    private static readonly string[] s_line =
        ["attempt", "provider", "model", "outcome", "input_tokens", "output_tokens", "cost", "unpriced", "price_version"];

    private static readonly string[] s_facts =
    [
        "started_at", "duration_ms", "upstream_ms", "model", "alias", "operation", "stream", "caller", "tenant", "end_user", "cache",
        "experiment", "shadow_of", "guarded", "trace_id", "generation",
    ];

    public static Command Create(ConfigurationChecks checks)
    {
        var calls = GatewayCommands.List(
            checks, new Command("calls", "Lists the running calls. 'find' searches the ended ones, 'show' prints everything about one."),
            "/admin/calls/in-flight", ["id", "caller", "model", "phase", "age_ms", "provider", "attempts"]);
        calls.Add(Find(checks));
        calls.Add(Show(checks));
        calls.Add(End(checks));
        return calls;
    }

    private static Command Find(ConfigurationChecks checks)
    {
        var words = new Argument<string[]>("words")
        {
            Description = "provider:openai outcome:failed since:1h, or one word that may be an id, a key, a model, a provider or a tenant. "
                + $"Names: {string.Join(", ", UsageQuestion.Filters)}.",
            HelpName = "words",
            Arity = ArgumentArity.ZeroOrMore,
        };
        words.CompletionSources.Add(_ => UsageQuestion.Filters.Select(name => new CompletionItem($"{name}:")));
        var limit = GatewayCommands.Limit(UsuallyFound);
        var find = new Command("find", "Searches the ledger for calls, newest first.") { words, limit };
        return find.Shows(
            checks,
            async (gateway, parsed, stop) =>
            {
                var search = Uri.EscapeDataString(CallFinder.SearchOf(parsed.GetValue(words) ?? []));
                var found = await gateway.ListAsync($"/admin/calls?q={search}", Math.Max(1, parsed.GetValue(limit)), stop);
                return new JsonArray([.. found.Select(call => call.DeepClone())]);
            },
            (output, found) =>
            {
                if (found.AsArray().Count == 0)
                    output.WriteLine("No calls match.");
                else
                    ShowFound(output, found.AsArray());
            });
    }

    private static Command Show(ConfigurationChecks checks)
    {
        var id = new Argument<string>("id") { Description = "The call's id: its x-request-id." };
        var show = new Command("show", "Shows everything about a call: attempts, routing decision, usage and cost.") { id };
        return show.Shows(
            checks,
            async (gateway, parsed, stop) => (await gateway.SendAsync(
                HttpMethod.Get, $"/admin/calls/{Uri.EscapeDataString(parsed.GetValue(id)!)}", null, stop)).Having("lines"),
            ShowCall);
    }

    private static Command End(ConfigurationChecks checks)
    {
        var id = new Argument<string>("id") { Description = "The call's id, as the list shows it." };
        var end = new Command("end", "Ends a call; its client gets an error that says so.") { id };
        return end.Shows(
            checks,
            async (gateway, parsed, stop) => await gateway.SendAsync(
                HttpMethod.Delete, $"/admin/calls/in-flight/{Uri.EscapeDataString(parsed.GetValue(id)!)}", null, stop),
            (output, answer) => output.WriteLine($"ended: {answer.Cell("ended")}"));
    }

    private static void ShowFound(TextWriter output, JsonArray found) => OutputTable.Write(
        output,
        [
            new("id"), new("began, utc"), new("outcome", 1), new("asked for", 2), new("answered by", 3), new("key", 4), new("tenant", 7),
            new("ms", 5, IsNumber: true), new("in", 6, IsNumber: true), new("out", 6, IsNumber: true), new("cost $", IsNumber: true),
        ],
        [
            .. found.Select(call => (string[])
            [
                call.Cell("request_id"), Began(call), call.Cell("outcome"), call.Cell("alias"), ModelOf(call), call.Cell("key"),
                call.Cell("tenant"), call.Cell("duration_ms"), call.Cell("input_tokens"), call.Cell("output_tokens"),
                call?["cost"] is null ? call.Cell("unpriced") : call.Cell("cost"),
            ]),
        ]);

    private static void ShowCall(TextWriter output, JsonNode call)
    {
        if (call["record"] is { } record)
        {
            output.WriteLine($"{call.Cell("id")}: {record.Cell("outcome")}");
            if (record["error"] is { } error)
                output.WriteLine(LogText.Escape($"{error.Cell("code")}: {error.Cell("message")}"));
            foreach (var fact in s_facts.Where(fact => record.Cell(fact).Length > 0))
                output.WriteLine(LogText.Escape($"{fact.Replace('_', ' ')}: {record.Cell(fact)}"));
            var attempts = record["attempts"]!.AsArray();
            output.WriteLine(attempts.Count == 0 ? "attempts: none" : "attempts:");
            foreach (var attempt in attempts.Where(attempt => attempt!["error"] is not null))
                attempt!["error"] = attempt["error"].Cell("message");
            if (attempts.Count > 0)
                GatewayCommands.ShowTable(output, attempts, s_attempt);
            if (record["decision"] is { } decision)
            {
                output.WriteLine(
                    $"decision: route {decision.Cell("route")}, strategy {decision.Cell("strategy")}, seed {decision.Cell("seed")}");
                GatewayCommands.ShowTable(output, decision["candidates"]!.AsArray(), s_candidate);
            }
        }
        else
        {
            output.WriteLine($"{call.Cell("id")}: the gateway keeps only its last calls in memory; this is its entry in the ledger.");
        }

        if (call["lines"]!.AsArray() is { Count: > 0 } lines)
        {
            output.WriteLine("in the ledger:");
            GatewayCommands.ShowTable(output, lines, s_line);
        }

        if (call.Cell("problem") is { Length: > 0 } problem)
            output.WriteLine(problem);
    }

    private static string Began(JsonNode? call) =>
        DateTimeOffset.TryParse(call.Cell("started_at"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)
            : "";

    private static string ModelOf(JsonNode? call) =>
        call.Cell("provider") is { Length: > 0 } provider ? $"{provider}/{call.Cell("model")}" : "";
}
