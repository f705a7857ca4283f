using System.CommandLine;
using System.Text.Json.Nodes;
using Switchyard.Server.Composition;

namespace Switchyard.Server.Commands;

/// <summary><c>switchyard keys</c> and <c>switchyard tenants</c>: manages client keys and tenants, like the admin API.</summary>
internal static class KeysCommand
{
    private static readonly OutputColumn[] s_keys =
    [
        new("key"), new("status"), new("tenant"), new("prefix", LeaveOut: 1), new("last used", LeaveOut: 2), new("source", LeaveOut: 4),
        new("models", LeaveOut: 3, Wraps: true),
    ];

    private static readonly OutputColumn[] s_tenants =
        [new("tenant"), new("source", LeaveOut: 2), new("keys", Wraps: true), new("models", LeaveOut: 1, Wraps: true)];

    public static Command CreateKeys(ConfigurationChecks checks)
    {
        var grace = new Option<string?>("--grace", "-g")
        {
            Description = "How long the old key keeps working: 0s to 90d. Default: 1d.",
            HelpName = "duration",
        };
        var keys = Create(new Command("keys", "Creates and changes client keys."), KeyArguments.OfKey, s_keys, checks, entry =>
        [
            Text(entry, "name"), Text(entry, "status"), Text(entry, "tenant"), Text(entry, "prefix"), Text(entry, "last_used"),
            Text(entry, "source"), Texts(entry, "models"),
        ]);
        const string Rotates = "Replaces a key with a new one; the old one keeps working for a while.";
        keys.Add(Verb("rotate", Rotates, checks, [grace], (desk, name, parsed, stop) =>
            desk.RotateAsync(name, parsed.GetValue(grace), stop)));
        keys.Add(Verb("revoke", "Revokes a key for good.", checks, [], (desk, name, _, stop) => desk.RevokeAsync(name, stop)));
        return keys;
    }

    public static Command CreateTenants(ConfigurationChecks checks) => Create(
        new Command("tenants", "Creates and changes tenants."), KeyArguments.OfTenant, s_tenants, checks, entry =>
            [Text(entry, "name"), Text(entry, "source"), KeysOf(entry), Texts(entry, "models")]);

    private static Command Create(
        Command command, IReadOnlyList<Option> settings, OutputColumn[] columns, ConfigurationChecks checks,
        Func<JsonObject, string[]> cells)
    {
        var kind = command.Name;
        var one = kind[..^1];
        var json = Output.JsonOption();
        var list = new Command("list", $"Lists the {kind} of the configuration and of the database.") { json };
        list.SetAction((parsed, stop) => KeyArguments.RunAsync(parsed, checks, async desk =>
        {
            var entries = await desk.ListAsync(kind, stop);
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(json))
                Output.Write(output, new JsonArray([.. entries]), OutputJson.Default.JsonArray);
            else
                OutputTable.Write(output, columns, [.. entries.Select(cells)]);
        }, stop));
        command.Add(KeyArguments.Url);
        command.Add(GatewayArguments.Authorities);
        command.Add(list);
        command.Add(Verb("show", $"Shows a {one}.", checks, [], (desk, name, _, stop) => desk.ShowAsync(kind, name, stop)));
        command.Add(Verb("create", $"Creates a {one}.", checks, settings, (desk, name, parsed, stop) =>
            desk.CreateAsync(kind, name, KeyArguments.Settings(parsed), stop)));
        var changes = $"Changes settings of a {one}; null in --settings removes a setting.";
        command.Add(Verb("change", changes, checks, settings, (desk, name, parsed, stop) =>
            desk.ChangeAsync(kind, name, KeyArguments.Settings(parsed), stop)));
        command.Add(Verb("delete", $"Deletes a {one}.", checks, [], async (desk, name, _, stop) =>
        {
            await desk.DeleteAsync(kind, name, stop);
            return [];
        }));
        return command;
    }

    /// <summary>A verb about one entry, whose result is printed as JSON.</summary>
    private static Command Verb(
        string verb, string description, ConfigurationChecks checks, IReadOnlyList<Option> options,
        Func<IKeyDesk, string, ParseResult, CancellationToken, Task<JsonObject>> run)
    {
        var name = new Argument<string>("name") { Description = "The name." };
        var command = new Command(verb, description) { name };
        foreach (var option in options)
            command.Add(option);
        command.SetAction((parsed, stop) => KeyArguments.RunAsync(parsed, checks, async desk =>
        {
            var streams = parsed.InvocationConfiguration;
            var entry = await run(desk, parsed.GetValue(name)!, parsed, stop);
            if (entry.Count == 0)
            {
                await streams.Output.WriteLineAsync($"{parsed.GetValue(name)} is deleted");
                return;
            }

            Output.Write(streams.Output, entry, OutputJson.Default.JsonObject);
            if (entry["key"] is not null)
                await streams.Error.WriteLineAsync("Keep the key: it is not shown again.");
        }, stop));
        return command;
    }

    private static string Text(JsonObject entry, string name) => (string?)entry[name] ?? "";

    /// <summary>The names of a tenant's keys, and the number of those that the answer leaves out.</summary>
    private static string KeysOf(JsonObject tenant)
    {
        var more = ((int?)tenant["key_count"] ?? 0) - (tenant["keys"] as JsonArray ?? []).Count;
        return Texts(tenant, "keys") + (more > 0 ? $" and {more} more" : "");
    }

    private static string Texts(JsonObject entry, string name) =>
        string.Join(", ", (entry[name] as JsonArray ?? []).Select(item => item?.ToString()));
}
