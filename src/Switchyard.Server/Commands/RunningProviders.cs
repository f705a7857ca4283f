using System.CommandLine;
using System.Text.Json.Nodes;
using Switchyard.Server.Composition;
using Switchyard.Server.Serving;

namespace Switchyard.Server.Commands;

/// <summary>
/// <c>switchyard providers running</c>, <c>circuits</c>, <c>enable</c>, <c>disable</c> and <c>set</c>: the providers of a running gateway,
/// over its admin API.
/// </summary>
internal static class RunningProviders
{
    private static readonly string[] s_columns =
        ["name", "enabled", "priority", "weight", "max_requests_per_minute", "source", "version", "problem"];

    private static readonly string[] s_circuits = ["provider", "model", "state", "probe_in_seconds"];

    public static IEnumerable<Command> Create(ConfigurationChecks checks)
    {
        yield return new Command("running", "Lists the providers of a running gateway.").AsksGateway().Shows(
            checks,
            async (gateway, _, stop) => new JsonArray(
                [.. (await gateway.ListAsync("/admin/providers", int.MaxValue, stop)).Select(provider => provider.DeepClone())]),
            (output, list) => OutputTable.Write(
                output,
                [.. s_columns.Select((column, i) => new OutputColumn(column.Replace('_', ' '), LeaveOut: i))],
                [.. list.AsArray().Select(provider => s_columns.Select(column => provider.Cell(column)).ToArray())]));
        yield return new Command("circuits", "Lists the circuits of a running gateway that have opened.").AsksGateway().Shows(
            checks,
            async (gateway, _, stop) => new JsonArray(
                [.. (await gateway.ListAsync("/admin/circuits", int.MaxValue, stop)).Select(circuit => circuit.DeepClone())]),
            (output, list) => OutputTable.Write(
                output,
                [.. s_circuits.Select(column => new OutputColumn(column.Replace('_', ' ')))],
                [.. list.AsArray().Select(circuit => s_circuits.Select(column => circuit.Cell(column)).ToArray())]));
        yield return Change(checks, "enable", "Enables a provider of a running gateway.", [], _ => new() { ["enabled"] = true });
        yield return Change(
            checks, "disable", "Disables a provider of a running gateway.", [], _ => new() { ["enabled"] = false });
        var priority = new Option<int?>("--priority", "-p")
        {
            Description = "Its priority among providers of the same model; the highest wins.",
            HelpName = "number",
        };
        var weight = new Option<double?>("--weight", "-w")
        {
            Description = "Its weight with the strategies weighted and least-busy, 0 to 1.",
            HelpName = "number",
        };
        yield return Change(checks, "set", "Changes how a provider of a running gateway is chosen.", [priority, weight], parsed =>
        {
            var change = new JsonObject();
            if (parsed.GetValue(priority) is { } place)
                change["priority"] = place;
            if (parsed.GetValue(weight) is { } share)
                change["weight"] = share;
            return change.Count > 0 ? change : throw new ServeException("There is nothing to change: pass --priority or --weight.");
        });
    }

    private static Command Change(
        ConfigurationChecks checks, string verb, string description, IReadOnlyList<Option> options, Func<ParseResult, JsonObject> change)
    {
        var name = new Argument<string>("name") { Description = "The provider." };
        var command = new Command(verb, description) { name };
        foreach (var option in options)
            command.Add(option);
        return command.AsksGateway().Shows(
            checks,
            async (gateway, parsed, stop) => await gateway.SendAsync(
                HttpMethod.Patch, $"/admin/providers/{Uri.EscapeDataString(parsed.GetValue(name)!)}", change(parsed), stop),
            (output, provider) => output.WriteLine(
                $"{provider.Cell("name")}: enabled {provider.Cell("enabled")}, priority {provider.Cell("priority")}, "
                + $"weight {provider.Cell("weight")}"));
    }
}
