using static Switchyard.Configuration.ConfigurationKeys;

namespace Switchyard.Configuration.Validation;

/// <summary>The times and counts of plugins are within range. Problems in their folder are reported when it is loaded.</summary>
internal sealed class PluginValidator : IConfigurationValidator
{
    private static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(10);

    public IEnumerable<ValidationFinding> Validate(SwitchyardOptions options, KnownNames known)
    {
        var plugins = options.Plugins;
        (string Key, TimeSpan Value)[] times =
        [
            (Combine("plugins", "timeout"), plugins.Timeout),
            (Combine("plugins", "load_timeout"), plugins.LoadTimeout),
            (Combine("plugins", "unload_wait"), plugins.UnloadWait),
            .. plugins.Use.Where(pair => pair.Value?.Timeout is not null)
                .Select(pair => (Combine("plugins", "use", pair.Key, "timeout"), pair.Value.Timeout!.Value)),
        ];
        foreach (var (key, _) in times.Where(time => time.Value < s_shortest || time.Value > s_longest))
            yield return new(key, "must be from 1ms to 10m");
        if (plugins.Failures is < 1 or > 1000)
            yield return new(Combine("plugins", "failures"), "must be from 1 to 1000");
        if (plugins.Directory is { } directory && string.IsNullOrWhiteSpace(directory))
            yield return new(Combine("plugins", "directory"), "must name a folder");
    }
}
