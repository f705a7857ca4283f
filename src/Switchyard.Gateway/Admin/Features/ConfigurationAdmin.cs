using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using Switchyard.Configuration.Runtime;
using Switchyard.Engine;
using Switchyard.Identity;

namespace Switchyard.Gateway.Admin.Features;

/// <summary>
/// <c>/admin/config</c>: the settings in force and their sources; settings changed, reset, exported and imported; history and rollback.
/// The version is the ETag: a change with <c>If-Match</c> is made only to the version that its sender has seen.
/// </summary>
internal sealed class ConfigurationAdmin(SwitchyardEngine engine) : IAdminEndpoints
{
    private const string Yaml = "application/yaml";

    // A user who may change any setting can grant any role.
    private const AdminRole Changer = AdminRole.Admin;

    private static readonly AdminSchema s_settings = AdminSchema.Json(
        "Settings", """{"type":"object","description":"Settings by key, nested or joined by dots, as the configuration file has them."}""");

    private static readonly AdminOperation s_read = new(AdminRole.Viewer, "Lists the settings in force and where each comes from")
    {
        Description = "Secrets are masked. The version of the run-time settings is the ETag. If there are more settings than the "
            + "limit, 'next' is the cursor of the next page.",
        Query =
        [
            ("limit", "The most settings: from 1 to 1,000. Default: 1,000."),
            ("cursor", "The 'next' of the previous page."),
            ("key", "Only this setting, section or entry."),
            ("source", "Only settings from default, code, file, environment, command_line or run_time; set: all that are set."),
        ],
        Answer = () => ConfigurationJson.Default.ConfigurationView,
    };

    private static readonly AdminOperation s_update = new(Changer, "Changes settings, all of them or none")
    {
        Description = "JSON or YAML. Null removes a setting; settings that are not named stay. A masked secret keeps the one in force.",
        Body = () => s_settings,
        Example = """{"routing.max_fallbacks":2}""",
        Answer = () => ConfigurationJson.Default.VersionJson,
        IsVersioned = true,
    };

    private static readonly AdminOperation s_reset = new(Changer, "Removes run-time settings")
    {
        Query = [("key", "Only this setting, section or entry; may be repeated.")],
        Answer = () => ConfigurationJson.Default.VersionJson,
        IsVersioned = true,
    };

    private static readonly AdminOperation s_history = new(AdminRole.Viewer, "Lists the last versions, the newest first")
    {
        Answer = () => ConfigurationJson.Default.AdminListVersionJson,
        IsList = true,
    };

    private static readonly AdminOperation s_diff = new(AdminRole.Viewer, "Shows how two versions differ")
    {
        Query = [("from", "A version. Default: 0, nothing set."), ("to", "A version. Default: the newest.")],
        Answer = () => ConfigurationJson.Default.DiffJson,
    };

    private static readonly AdminOperation s_rollBack = new(Changer, "Rolls back to an earlier version")
    {
        Body = () => ConfigurationJson.Default.RollBackJson,
        Example = """{"version":0}""",
        Answer = () => ConfigurationJson.Default.VersionJson,
        IsVersioned = true,
    };

    private static readonly AdminOperation s_export = new(AdminRole.Viewer, "Exports the configuration in force as YAML")
    {
        Description = "Without defaults. Secrets are masked; references and variables stay as they are written.",
        Answer = () => AdminSchema.Json("Yaml", """{"type":"string"}"""),
        AnswerType = Yaml,
    };

    private static readonly AdminOperation s_import = new(Changer, "Replaces the whole configuration with that of the body")
    {
        Description = "JSON or YAML, as exported. What is not named has its default or is gone. A masked secret keeps the one in force.",
        Body = () => s_settings,
        Example = """{"admin":{"key":"********"},"cache":{"ttl":"1h"},"providers":{"mock":{}}}""",
        Answer = () => ConfigurationJson.Default.VersionJson,
        IsVersioned = true,
    };

    private RuntimeConfiguration Configuration => engine.Configuration;

    public void Map(AdminRoutes routes)
    {
        routes.Get("/admin/config", s_read, ReadAsync);
        routes.Patch("/admin/config", s_update, call => ChangeAsync(call, async expected =>
            await Configuration.UpdateAsync(await ReadTextAsync(call), call.User.Name, expected, call.Aborted)));
        routes.Delete("/admin/config", s_reset, call =>
        {
            string[] keys = [.. call.Http.Request.Query["key"].OfType<string>()];
            return ChangeAsync(call, expected =>
                Configuration.ResetAsync(keys.Length == 0 ? null : keys, call.User.Name, expected, call.Aborted));
        });
        routes.Get("/admin/config/history", s_history, ListAsync);
        routes.Get("/admin/config/diff", s_diff, call => GuardAsync(() =>
        {
            var (from, to) = (NumberOf(call, "from") ?? 0, NumberOf(call, "to") ?? Configuration.Version);
            return call.AnswerAsync(
                new DiffJson(from, to, [.. Configuration.Diff(from, to).Select(ChangeJson.Of)]), ConfigurationJson.Default.DiffJson);
        }));
        routes.Post("/admin/config/rollback", s_rollBack, call => ChangeAsync(call, async expected =>
            await Configuration.RollBackAsync(
                (await call.ReadAsync(ConfigurationJson.Default.RollBackJson)).Version
                    ?? throw AdminException.BadRequest(
                        "invalid_request", "'version' is missing: the version to go back to, or 0 for none."),
                call.User.Name, expected, call.Aborted)));
        routes.Get("/admin/config/export", s_export, call =>
        {
            call.SetVersion(TagOf(Configuration.Version));
            call.Http.Response.ContentType = Yaml;
            var body = Encoding.UTF8.GetBytes(Configuration.Export());
            call.Http.Response.ContentLength = body.Length;
            return HttpMethods.IsHead(call.Http.Request.Method)
                ? Task.CompletedTask
                : call.Http.Response.Body.WriteAsync(body, call.Aborted).AsTask();
        });
        routes.Post("/admin/config/import", s_import, call => ChangeAsync(call, async expected =>
            await Configuration.ImportAsync(await ReadTextAsync(call), call.User.Name, expected, call.Aborted)));
    }

    /// <summary>Runs a change and answers its refusals as problems.</summary>
    internal static async Task GuardAsync(Func<Task> run, bool isExpected = false)
    {
        try
        {
            await run();
        }
        catch (ConfigurationChangeException refused)
        {
            throw new AdminException(StatusOf(refused.Failure, isExpected), refused.Code, refused.Message);
        }
    }

    /// <summary>The version that a change is meant for (<c>If-Match</c>); null for any version.</summary>
    internal static long? ExpectedBy(AdminCall call)
    {
        var tag = call.Http.Request.Headers.IfMatch.ToString().Trim();
        if (tag is "" or "*")
            return null;
        // A proxy that compresses answers turns the ETag into a weak one.
        var number = tag.StartsWith("W/", StringComparison.Ordinal) ? tag[2..] : tag;
        return long.TryParse(number.Trim('"'), NumberStyles.None, CultureInfo.InvariantCulture, out var version)
            ? version
            : throw AdminException.BadRequest("invalid_if_match", "'If-Match' must be the ETag of GET /admin/config, such as \"7\".");
    }

    /// <summary>The ETag of a version.</summary>
    internal static string TagOf(long version) => string.Create(CultureInfo.InvariantCulture, $"\"{version}\"");

    private Task ReadAsync(AdminCall call)
    {
        var key = call.Query("key");
        var described = Configuration.Describe(key);
        if (described.Count == 0 && key is not null && Configuration.ExplainUnknown(key) is { } unknown)
            throw AdminException.NotFound("setting_not_found", unknown);
        var settings = described.Where(IsAsked(call)).ToList();
        var page = call.Page(AdminCall.LargestPage).Of(
            settings.OrderBy(setting => setting.Key, StringComparer.Ordinal), setting => setting.Key);
        return AnswerAsync(call, new ConfigurationView(
            Configuration.Version,
            engine.Snapshot.Generation,
            Configuration.IsKept,
            Configuration.IsAway,
            Configuration.Problem,
            [.. page.Data.Select(SettingJson.Of)],
            settings.Count,
            page.Next));
    }

    private Task ListAsync(AdminCall call)
    {
        var (limit, cursor) = call.Page();
        var after = cursor is null ? long.MaxValue : Number("cursor", cursor);
        var rest = Configuration.GetHistory().Where(version => version.Version < after).Take(limit + 1).ToList();
        var next = rest.Count > limit ? rest[limit - 1].Version.ToString(CultureInfo.InvariantCulture) : null;
        return call.AnswerAsync(
            new AdminList<VersionJson>([.. rest.Take(limit).Select(VersionJson.Of)], next), ConfigurationJson.Default.AdminListVersionJson);
    }

    private static Task ChangeAsync(AdminCall call, Func<long?, Task<ConfigurationVersion>> change)
    {
        var expected = ExpectedBy(call);
        return GuardAsync(
            async () =>
            {
                var made = await change(expected);
                call.SetVersion(TagOf(made.Version));
                await call.AnswerAsync(VersionJson.Of(made), ConfigurationJson.Default.VersionJson);
            },
            expected is not null);
    }

    private static int StatusOf(ConfigurationChangeFailure failure, bool isExpected) => failure switch
    {
        ConfigurationChangeFailure.NotFound => StatusCodes.Status404NotFound,
        ConfigurationChangeFailure.Moved when isExpected => StatusCodes.Status412PreconditionFailed,
        ConfigurationChangeFailure.Moved or ConfigurationChangeFailure.Conflict => StatusCodes.Status409Conflict,
        ConfigurationChangeFailure.Unavailable => StatusCodes.Status503ServiceUnavailable,
        _ => StatusCodes.Status400BadRequest,
    };

    private static async Task<string> ReadTextAsync(AdminCall call)
    {
        try
        {
            using var reader = new StreamReader(
                new MemoryStream(await call.ReceiveAsync()), new UTF8Encoding(false, throwOnInvalidBytes: true));
            var text = await reader.ReadToEndAsync(call.Aborted);
            call.Took(text);
            return text;
        }
        catch (DecoderFallbackException)
        {
            throw AdminException.BadRequest("invalid_request", "The body is not UTF-8 text.");
        }
    }

    private static long? NumberOf(AdminCall call, string name) => call.Query(name) is { } text ? Number(name, text) : null;

    private static long Number(string name, string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw AdminException.BadRequest("invalid_query", $"'{name}' must be the number of a version.");

    private static Func<ConfigurationSetting, bool> IsAsked(AdminCall call) => call.Query("source") switch
    {
        null => static _ => true,
        "set" => static setting => setting.Source != ConfigurationSource.Default,
        var source when Enum.TryParse<ConfigurationSource>(source.Replace("_", "", StringComparison.Ordinal), ignoreCase: true, out var one)
            => setting => setting.Source == one,
        _ => throw AdminException.BadRequest(
            "invalid_query", "'source' must be default, code, file, environment, command_line or run_time, or 'set' for all that are set."),
    };

    private static Task AnswerAsync(AdminCall call, ConfigurationView view)
    {
        call.SetVersion(TagOf(view.Version));
        return call.AnswerAsync(view, ConfigurationJson.Default.ConfigurationView);
    }
}

/// <summary>The configuration in force.</summary>
internal sealed record ConfigurationView(
    long Version, long Generation, bool Kept, bool StoreAway, string? Problem, IReadOnlyList<SettingJson> Settings, int Total,
    string? Next);

internal sealed record SettingJson(string Key, JsonNode? Value, ConfigurationSource Source, string Origin)
{
    public static SettingJson Of(ConfigurationSetting setting) => new(setting.Key, setting.Value, setting.Source, setting.Origin);
}

internal sealed record VersionJson(long Version, DateTimeOffset At, string Who, string Action, IReadOnlyList<ChangeJson> Changes)
{
    public static VersionJson Of(ConfigurationVersion version) =>
        new(version.Version, version.At, version.Who, version.Action, [.. version.Changes.Select(ChangeJson.Of)]);
}

internal sealed record ChangeJson(string Key, JsonNode? Before, JsonNode? After)
{
    public static ChangeJson Of(ConfigurationChange change) => new(change.Key, change.Before, change.After);
}

internal sealed record DiffJson(long From, long To, IReadOnlyList<ChangeJson> Changes);

internal sealed record RollBackJson(long? Version);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(ConfigurationView))]
[JsonSerializable(typeof(AdminList<VersionJson>))]
[JsonSerializable(typeof(DiffJson))]
[JsonSerializable(typeof(RollBackJson))]
internal sealed partial class ConfigurationJson : JsonSerializerContext;
