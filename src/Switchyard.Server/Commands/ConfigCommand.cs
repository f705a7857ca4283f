using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Switchyard.Configuration.Binding;
using Switchyard.Configuration.Runtime;
using Switchyard.Server.Composition;
using Switchyard.Server.Serving;

namespace Switchyard.Server.Commands;

/// <summary><c>switchyard config</c>: reads and changes the configuration of a running gateway over its admin API.</summary>
internal static class ConfigCommand
{
    private const string Path = "/admin/config";

    private static readonly string[] s_setting = ["key", "value", "source", "origin"];

    public static Command Create(ConfigurationChecks checks)
    {
        var config = new Command("config", "Shows, changes and rolls back the configuration of a running gateway.").AsksGateway();
        config.Add(Get(checks));
        config.Add(Set(checks));
        config.Add(Unset(checks));
        config.Add(History(checks));
        config.Add(Diff(checks));
        config.Add(RollBack(checks));
        config.Add(Export(checks));
        config.Add(Import(checks));
        config.Add(CanaryCommand.Create(checks));
        return config;
    }

    /// <summary>The settings that arguments name as <c>key=value</c>.</summary>
    /// <exception cref="ServeException">An argument has no value, or a setting occurs twice.</exception>
    public static JsonObject Settings(IEnumerable<string> arguments)
    {
        var settings = new JsonObject();
        foreach (var argument in arguments)
        {
            var equals = argument.IndexOf('=', StringComparison.Ordinal);
            // An argument without '=' may be a misplaced secret, so the message does not repeat it.
            if (equals <= 0)
                throw new ServeException("A setting is written key=value, for example routing.strategy=cost.");
            if (!settings.TryAdd(argument[..equals].Trim(), Value(argument[(equals + 1)..])))
                throw new ServeException($"'{argument[..equals].Trim()}' is set twice.");
        }

        return settings;
    }

    /// <summary>Prints the version that a change made, with its changes.</summary>
    public static void ShowVersion(TextWriter output, JsonNode version)
    {
        var isSame = version["changes"]!.AsArray().Count == 0;
        output.WriteLine(isSame
            ? $"version {version.Cell("version")}: nothing changed"
            : $"version {version.Cell("version")} ({version.Cell("action")} by {version.Cell("who")})");
        ShowChanges(output, version);
    }

    /// <summary>Prints the changed settings, with their values before and after.</summary>
    public static void ShowChanges(TextWriter output, JsonNode node)
    {
        foreach (var change in node["changes"]!.AsArray())
            output.WriteLine($"  {change.Cell("key")}: {Text(change?["before"])} -> {Text(change?["after"])}");
    }

    private static Command Get(ConfigurationChecks checks)
    {
        var key = new Argument<string?>("key")
        {
            Description = "A setting, a section or an entry. Default: all.",
            HelpName = "key",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var all = new Option<bool>("--all", "-a") { Description = "Include settings that have their defaults." };
        key.CompletionSources.Add(Suggestions.Settings);
        return new Command("get", "Shows settings and where each comes from.") { key, all }.Shows(
            checks,
            async (gateway, parsed, stop) =>
            {
                var query = parsed.GetValue(key) is { } wanted ? $"?key={Uri.EscapeDataString(wanted)}"
                    : parsed.GetValue(all) ? "" : "?source=set";
                return await ReadAllAsync(gateway, Path + query, stop);
            },
            (output, answer) => OutputTable.Write(
                output,
                [new("key"), new("value", Wraps: true), new("source", LeaveOut: 2), new("origin", LeaveOut: 1)],
                [.. answer["settings"]!.AsArray().Select(setting => s_setting.Select(column => setting.Cell(column)).ToArray())]));
    }

    /// <summary>Reads all pages of settings into one answer.</summary>
    private static async Task<JsonNode> ReadAllAsync(AdminClient gateway, string path, CancellationToken cancellationToken)
    {
        var answer = (await gateway.SendAsync(HttpMethod.Get, path, null, cancellationToken)).Having("settings");
        var settings = answer["settings"]!.AsArray();
        while ((string?)answer["next"] is { } next)
        {
            var query = $"{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}cursor={Uri.EscapeDataString(next)}";
            var page = (await gateway.SendAsync(HttpMethod.Get, path + query, null, cancellationToken)).Having("settings");
            foreach (var setting in page["settings"]!.AsArray())
                settings.Add(setting!.DeepClone());
            answer["next"] = (string?)page["next"];
        }

        return answer;
    }

    private static Command Set(ConfigurationChecks checks)
    {
        var settings = new Argument<string[]>("settings")
        {
            Description = "Settings as key=value; a list or a map as JSON.",
            HelpName = "key=value",
            Arity = ArgumentArity.OneOrMore,
        };
        settings.CompletionSources.Add(Suggestions.Settings);
        return new Command("set", "Changes settings, all of them or none.") { settings }.Shows(
            checks,
            async (gateway, parsed, stop) =>
                (await gateway.SendAsync(HttpMethod.Patch, Path, Settings(parsed.GetValue(settings)!), stop)).Having("changes"),
            ShowVersion);
    }

    private static Command Unset(ConfigurationChecks checks)
    {
        var keys = new Argument<string[]>("keys") { Description = "Settings, sections or entries.", HelpName = "key" };
        var all = new Option<bool>("--all", "-a") { Description = "Everything that was set at run time." };
        keys.CompletionSources.Add(Suggestions.Settings);
        return new Command("unset", "Removes run-time settings, so that those of the file apply again.") { keys, all }.Shows(
            checks,
            async (gateway, parsed, stop) =>
            {
                var named = parsed.GetValue(keys)!;
                if (named.Length == 0 && !parsed.GetValue(all))
                    throw new ServeException("Name the settings, or all of them with --all.");
                var query = string.Join('&', named.Select(key => $"key={Uri.EscapeDataString(key)}"));
                return (await gateway.SendAsync(HttpMethod.Delete, query.Length == 0 ? Path : $"{Path}?{query}", null, stop))
                    .Having("changes");
            },
            ShowVersion);
    }

    private static Command History(ConfigurationChecks checks)
    {
        var command = new Command("history", "Lists the last versions, the newest first.");
        return command.Shows(
            checks,
            async (gateway, _, stop) => new JsonArray(
                [.. (await gateway.ListAsync($"{Path}/history", int.MaxValue, stop)).Select(version => version.DeepClone())]),
            (output, list) => OutputTable.Write(
                output,
                [new("version", IsNumber: true), new("at", LeaveOut: 1), new("who"), new("action"), new("changed", Wraps: true)],
                [
                    .. list.AsArray().Select(version => (string[])
                    [
                        version.Cell("version"), version.Cell("at"), version.Cell("who"), version.Cell("action"),
                        string.Join(", ", version!["changes"]!.AsArray().Select(change => change.Cell("key"))),
                    ]),
                ]));
    }

    private static Command Diff(ConfigurationChecks checks)
    {
        var from = new Argument<long>("from") { Description = "A version; 0 for nothing set." };
        var to = new Argument<long?>("to") { Description = "A version. Default: the newest.", Arity = ArgumentArity.ZeroOrOne };
        return new Command("diff", "Shows how two versions differ.") { from, to }.Shows(
            checks,
            async (gateway, parsed, stop) =>
            {
                var query = FormattableString.Invariant($"{Path}/diff?from={parsed.GetValue(from)}");
                var until = parsed.GetValue(to) is { } version ? FormattableString.Invariant($"&to={version}") : "";
                return (await gateway.SendAsync(HttpMethod.Get, query + until, null, stop)).Having("changes");
            },
            ShowChanges);
    }

    private static Command RollBack(ConfigurationChecks checks)
    {
        var version = new Argument<long>("version") { Description = "The version to go back to; 0 for nothing set." };
        return new Command("rollback", "Rolls back to an earlier version.") { version }.Shows(
            checks,
            async (gateway, parsed, stop) => (await gateway.SendAsync(
                HttpMethod.Post, $"{Path}/rollback", new JsonObject { ["version"] = parsed.GetValue(version) }, stop)).Having("changes"),
            ShowVersion);
    }

    private static Command Export(ConfigurationChecks checks)
    {
        var export = new Command("export", "Prints the configuration in force as YAML, with secrets masked.");
        return export.Shows(
            checks,
            async (gateway, _, stop) => JsonValue.Create(await gateway.ReadTextAsync($"{Path}/export", stop))!,
            (output, text) => output.Write(text.GetValue<string>()));
    }

    private static Command Import(ConfigurationChecks checks)
    {
        var file = new Argument<FileInfo>("file") { Description = "A file as exported, YAML or JSON." };
        return new Command("import", "Replaces the whole configuration with that of a file.") { file }.Shows(
            checks,
            async (gateway, parsed, stop) =>
            {
                var settings = Parse(await File.ReadAllTextAsync(parsed.GetValue(file)!.FullName, stop));
                return (await gateway.SendAsync(HttpMethod.Post, $"{Path}/import", settings, stop)).Having("changes");
            },
            ShowVersion);
    }

    private static JsonObject Parse(string text)
    {
        try
        {
            return SettingDocument.Parse(text);
        }
        catch (ConfigurationChangeException invalid)
        {
            throw new ServeException(invalid.Message, invalid);
        }
    }

    private static JsonNode? Value(string text)
    {
        if (text is not ['[' or '{', ..])
            return JsonValue.Create(text);
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            // Not JSON: a plain value that begins with a bracket.
            return JsonValue.Create(text);
        }
    }

    private static string Text(JsonNode? value) => value switch
    {
        null => "-",
        JsonArray or JsonObject => value.ToJsonString(),
        _ => value.ToString(),
    };
}
