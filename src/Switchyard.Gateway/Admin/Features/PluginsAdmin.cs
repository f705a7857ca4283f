using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using Switchyard.Engine;
using Switchyard.Identity;
using Switchyard.Plugins;

namespace Switchyard.Gateway.Admin.Features;

/// <summary><c>/admin/plugins</c>: lists, loads, replaces, switches on and unloads plugins.</summary>
internal sealed class PluginsAdmin(SwitchyardEngine engine) : IAdminEndpoints
{
    private const string Path = "/admin/plugins";

    public void Map(AdminRoutes routes)
    {
        var plugins = engine.Plugins;
        routes.Get(
            Path,
            new(AdminRole.Viewer, "Lists the plugins, with the state, failures and times of each")
            {
                Answer = () => PluginJson.Default.AdminListPluginView,
                IsList = true,
            },
            call => call.AnswerAsync(
                call.Page().Of(
                    plugins.List().Select(PluginView.Of).OrderBy(plugin => plugin.Id, StringComparer.Ordinal), plugin => plugin.Id),
                PluginJson.Default.AdminListPluginView));
        routes.Post(
            Path,
            new(AdminRole.Admin, "Loads a plugin from a folder below plugins.directory")
            {
                Body = () => PluginJson.Default.PluginFolderBody,
                Example = """{"folder":"greeting"}""",
                Answer = () => PluginJson.Default.PluginView,
                Creates = true,
            },
            call => RunAsync(() => LoadAsync(call, plugins)));
        routes.Put(
            $"{Path}/{{name}}",
            new(AdminRole.Admin, "Loads a plugin in place of one that is loaded; running calls finish on the old one")
            {
                Description = "The name may have a version: mine@1. The answer says what still holds the old one in memory.",
                Body = () => PluginJson.Default.PluginFolderBody,
                Example = """{"folder":"greeting-2"}""",
                Answer = () => PluginJson.Default.PluginReplaced,
            },
            call => RunAsync(() => ReplaceAsync(call, plugins)));
        routes.Post(
            $"{Path}/{{name}}/enable",
            new(AdminRole.Operator, "Switches on a plugin that was switched off after failures")
            {
                Answer = () => PluginJson.Default.PluginView,
            },
            call => RunAsync(() => call.AnswerAsync(PluginView.Of(plugins.Enable(call.Part("name"))), PluginJson.Default.PluginView)));
        routes.Delete(
            $"{Path}/{{name}}",
            new(AdminRole.Admin, "Unloads a plugin, and reports what still holds it in memory")
            {
                Answer = () => PluginJson.Default.PluginLeft,
            },
            call => RunAsync(async () => await call.AnswerAsync(
                PluginLeft.Of(await plugins.UnloadAsync(call.Part("name"), call.Aborted)), PluginJson.Default.PluginLeft)));
    }

    private static async Task LoadAsync(AdminCall call, PluginDirectory plugins)
    {
        var body = await call.ReadAsync(PluginJson.Default.PluginFolderBody);
        var loaded = await plugins.LoadFromDirectoryAsync(body.Folder ?? "", call.Aborted);
        await call.AnswerAsync(PluginView.Of(loaded), PluginJson.Default.PluginView, StatusCodes.Status201Created);
    }

    private static async Task ReplaceAsync(AdminCall call, PluginDirectory plugins)
    {
        var body = await call.ReadAsync(PluginJson.Default.PluginFolderBody);
        var replaced = await plugins.ReplaceFromDirectoryAsync(body.Folder ?? "", call.Part("name"), call.Aborted);
        await call.AnswerAsync(
            new(PluginView.Of(replaced.Loaded), replaced.Replaced is { } old ? PluginLeft.Of(old) : null),
            PluginJson.Default.PluginReplaced);
    }

    /// <summary>Runs a change and answers its refusals as problems.</summary>
    internal static async Task RunAsync(Func<Task> run)
    {
        try
        {
            await run();
        }
        catch (PluginException refused)
        {
            throw refused.Fault switch
            {
                PluginFault.NotFound => AdminException.NotFound("plugin_not_found", refused.Message),
                PluginFault.Conflict => AdminException.Conflict("plugin_conflict", refused.Message),
                PluginFault.Unsupported => AdminException.Conflict("plugins_unsupported", refused.Message),
                PluginFault.Contract => AdminException.BadRequest("plugin_contract", refused.Message),
                PluginFault.Manifest => AdminException.BadRequest("invalid_plugin", refused.Message),
                _ => AdminException.BadRequest("plugin_failed", refused.Message),
            };
        }
    }
}

/// <summary>Where a plugin is, below <c>plugins.directory</c>.</summary>
internal sealed record PluginFolderBody(string? Folder);

/// <summary>A plugin as it is shown.</summary>
internal sealed record PluginView(
    string Id,
    string Name,
    string Version,
    string State,
    string Reason,
    string Folder,
    string Description,
    IReadOnlyList<string> Adds,
    string OnFailure,
    double TimeoutMs,
    DateTimeOffset? LoadedAt,
    long Runs,
    long Running,
    long Failures,
    long Timeouts,
    int FailuresInARow,
    string? LastFailure,
    long LostRecords)
{
    public static PluginView Of(PluginStatus plugin) => new(
        Id: plugin.Version.Length == 0 ? plugin.Name : $"{plugin.Name}@{plugin.Version}",
        Name: plugin.Name,
        Version: plugin.Version,
        State: NameOf(plugin.State),
        Reason: plugin.Reason,
        Folder: plugin.Folder,
        Description: plugin.Description,
        Adds: plugin.Adds,
        OnFailure: plugin.FailsClosed ? "closed" : "open",
        TimeoutMs: plugin.Timeout.TotalMilliseconds,
        LoadedAt: plugin.LoadedAt,
        Runs: plugin.Runs,
        Running: plugin.Running,
        Failures: plugin.Failures,
        Timeouts: plugin.Timeouts,
        FailuresInARow: plugin.FailuresInARow,
        LastFailure: plugin.LastFailure,
        LostRecords: plugin.LostRecords);

    public static string NameOf(PluginState state) => state switch
    {
        PluginState.Running => "running",
        PluginState.Off => "off",
        PluginState.Failed => "failed",
        PluginState.Leaving => "leaving",
        PluginState.Held => "held",
        _ => "unloaded",
    };
}

/// <summary>The outcome for a plugin that was unloaded.</summary>
internal sealed record PluginLeft(string Id, string State, string Reason)
{
    public static PluginLeft Of(PluginUnloading left) => new($"{left.Name}@{left.Version}", PluginView.NameOf(left.State), left.Reason);
}

/// <summary>The new plugin, and the outcome for the old one.</summary>
internal sealed record PluginReplaced(PluginView Loaded, PluginLeft? Replaced);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(AdminList<PluginView>))]
[JsonSerializable(typeof(PluginView))]
[JsonSerializable(typeof(PluginLeft))]
[JsonSerializable(typeof(PluginReplaced))]
[JsonSerializable(typeof(PluginFolderBody))]
internal sealed partial class PluginJson : JsonSerializerContext;
