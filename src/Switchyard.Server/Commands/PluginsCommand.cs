using System.CommandLine;
using System.Text.Json.Nodes;
using Switchyard.Server.Composition;

namespace Switchyard.Server.Commands;

/// <summary><c>switchyard plugins</c>: the plugins of a running gateway, over its admin API.</summary>
internal static class PluginsCommand
{
    private const string Path = "/admin/plugins";

    private static readonly OutputColumn[] s_columns =
    [
        new("plugin"), new("state"), new("adds", LeaveOut: 2, Wraps: true), new("failures", LeaveOut: 1, IsNumber: true),
        new("reason", Wraps: true),
    ];

    public static Command Create(ConfigurationChecks checks)
    {
        var folder = new Argument<string>("folder") { Description = "The plugin's folder below plugins.directory of the gateway." };
        var plugins = new Command("plugins", "Lists and changes the plugins of a running gateway.").AsksGateway();
        plugins.Add(new Command("list", "Lists the plugins and their states.").Shows(
            checks,
            async (gateway, _, stop) => new JsonArray(
                [.. (await gateway.ListAsync(Path, int.MaxValue, stop)).Select(entry => entry.DeepClone())]),
            ShowTable));
        plugins.Add(new Command("load", "Loads a plugin.") { folder }.Shows(
            checks,
            async (gateway, parsed, stop) => await gateway.SendAsync(
                HttpMethod.Post, Path, new JsonObject { ["folder"] = parsed.GetValue(folder) }, stop),
            (output, loaded) => ShowTable(output, new JsonArray(loaded.DeepClone()))));
        plugins.Add(Named("replace", "Loads a plugin in place of another; running calls finish on the old one.", checks, [folder],
            (gateway, path, parsed, stop) => gateway.SendAsync(
                HttpMethod.Put, path, new JsonObject { ["folder"] = parsed.GetValue(folder) }, stop),
            (output, answer) =>
            {
                output.WriteLine($"loaded: {answer["loaded"].Cell("id")}");
                ShowLeft(output, answer["replaced"]);
            }));
        plugins.Add(Named("unload", "Unloads a plugin, and reports what still holds it in memory.", checks, [],
            (gateway, path, _, stop) => gateway.SendAsync(HttpMethod.Delete, path, null, stop), ShowLeft));
        plugins.Add(Named("enable", "Switches on a plugin that was switched off after failures.", checks, [],
            (gateway, path, _, stop) => gateway.SendAsync(HttpMethod.Post, $"{path}/enable", null, stop),
            (output, answer) => output.WriteLine($"{answer.Cell("id")}: {answer.Cell("state")}")));
        return plugins;
    }

    private static Command Named(
        string verb, string description, ConfigurationChecks checks, IReadOnlyList<Argument> more,
        Func<AdminClient, string, ParseResult, CancellationToken, Task<JsonObject>> send, Action<TextWriter, JsonNode> show)
    {
        var name = new Argument<string>("name") { Description = "The plugin's name, or name@version if several versions are loaded." };
        var command = new Command(verb, description) { name };
        foreach (var argument in more)
            command.Add(argument);
        return command.Shows(
            checks,
            async (gateway, parsed, stop) => await send(gateway, $"{Path}/{Uri.EscapeDataString(parsed.GetValue(name)!)}", parsed, stop),
            show);
    }

    private static void ShowTable(TextWriter output, JsonNode list) => OutputTable.Write(
        output,
        s_columns,
        [
            .. list.AsArray().Select(plugin => (string[])
                [plugin.Cell("id"), plugin.Cell("state"), plugin.Cell("adds"), plugin.Cell("failures"), plugin.Cell("reason")]),
        ]);

    private static void ShowLeft(TextWriter output, JsonNode? left)
    {
        if (left is not null)
            output.WriteLine($"{left.Cell("id")}: {left.Cell("state")}{(left.Cell("reason") is { Length: > 0 } why ? $", {why}" : "")}");
    }
}
