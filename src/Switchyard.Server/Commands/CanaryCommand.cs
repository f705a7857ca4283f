using System.CommandLine;
using System.Text.Json.Nodes;
using Switchyard.Configuration.Binding;
using Switchyard.Server.Composition;
using Switchyard.Server.Serving;

namespace Switchyard.Server.Commands;

/// <summary><c>switchyard config canary</c>: tries settings on a share of the calls.</summary>
internal static class CanaryCommand
{
    private const string Path = "/admin/config/canary";

    private static readonly Option<string> s_share = new("--share", "-s")
    {
        Description = "The share of the calls, such as 5%.",
        HelpName = "percent",
        Required = true,
    };

    public static Command Create(ConfigurationChecks checks)
    {
        var settings = new Argument<string[]>("settings") { Description = "Settings as key=value.", HelpName = "key=value" };
        var seed = new Option<long?>("--seed")
        {
            Description = "Selects the calls: the same seed selects the same ones.",
            HelpName = "number",
        };
        var canary = new Command("canary", "Shows the canary: its settings, its share of the calls and its results.").Shows(
            checks, async (gateway, _, stop) => (await gateway.SendAsync(HttpMethod.Get, Path, null, stop)).Having("version"), Show);
        canary.Add(new Command("start", "Starts a canary: tries settings on a share of the calls.") { settings, s_share, seed }.Shows(
            checks,
            async (gateway, parsed, stop) =>
            {
                var body = new JsonObject { ["share"] = Share(parsed), ["settings"] = ConfigCommand.Settings(parsed.GetValue(settings)!) };
                if (parsed.GetValue(seed) is { } number)
                    body["seed"] = number;
                return (await gateway.SendAsync(HttpMethod.Put, Path, body, stop)).Having("version");
            },
            Show));
        canary.Add(new Command("share", "Changes the canary's share of the calls.") { s_share }.Shows(
            checks,
            async (gateway, parsed, stop) =>
                (await gateway.SendAsync(HttpMethod.Patch, Path, new() { ["share"] = Share(parsed) }, stop)).Having("version"),
            Show));
        canary.Add(new Command("promote", "Applies the canary's settings to all calls.").Shows(
            checks,
            async (gateway, _, stop) => (await gateway.SendAsync(HttpMethod.Post, $"{Path}/promote", null, stop)).Having("version"),
            Show));
        canary.Add(new Command("abandon", "Ends the canary without applying its settings.").Shows(
            checks,
            async (gateway, _, stop) => (await gateway.SendAsync(HttpMethod.Delete, Path, null, stop)).Having("version"),
            Show));
        return canary;
    }

    private static double Share(ParseResult parsed) => PercentText.TryParse(parsed.GetValue(s_share) ?? "", out var share)
        ? share
        : throw new ServeException("--share must be a percentage such as 5%.");

    private static void Show(TextWriter output, JsonNode answer)
    {
        if (answer["canary"] is not { } canary)
        {
            output.WriteLine($"no canary; version {answer.Cell("version")}");
            return;
        }

        output.WriteLine($"configuration {canary.Cell("generation")} on {PercentText.Format((double)canary["share"]!)} of the calls");
        ConfigCommand.ShowChanges(output, canary);
        foreach (var side in new[] { "stable", "candidate" })
        {
            var figures = canary[side];
            var time = figures.Cell("average_ms") is { Length: > 0 } average ? $", {average} ms each" : "";
            output.WriteLine($"{side}: {figures.Cell("calls")} calls, {figures.Cell("failed")} failed{time}");
        }
    }
}
