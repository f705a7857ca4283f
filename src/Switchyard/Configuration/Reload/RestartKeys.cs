using Switchyard.Configuration.Binding;

namespace Switchyard.Configuration.Reload;

/// <summary>The settings that a program reads once, when it starts.</summary>
internal static class RestartKeys
{
    private static readonly string[] s_applied =
    [
        "server:urls", "server:h2c_urls", "server:path_base", "server:tls", "server:scheduling", "server:shutdown_delay",
        "server:shutdown_grace", "admin:urls", "dashboard", "telemetry:semconv", "logs:format",
    ];

    /// <summary>The stores, opened once, so that a reload that changes them is refused.</summary>
    private const string Storage = "storage";

    /// <summary>Whether a setting is one of them, or belongs to one.</summary>
    public static bool Contains(string path) => s_applied.Append(Storage).Any(key => SettingNode.IsAtOrAbove(key, path));

    /// <summary>Those that a reload has changed and cannot apply, as a user writes them.</summary>
    public static IReadOnlyList<string> Changed(SwitchyardOptions before, SwitchyardOptions after)
    {
        var (was, now) = (OptionSettings.Written(before), OptionSettings.Written(after));
        var changed = was.Keys.Union(now.Keys)
            .Where(path => was.GetValueOrDefault(path)?.ToJsonString() != now.GetValueOrDefault(path)?.ToJsonString()).ToList();
        return [.. s_applied.Where(key => changed.Exists(path => SettingNode.IsAtOrAbove(key, path))).Select(ConfigurationKeys.Display)];
    }
}
