using Switchyard.Configuration.Binding;

namespace Switchyard.Configuration.Runtime;

/// <summary>Finds the sources of settings.</summary>
/// <param name="options">The configuration in force.</param>
/// <param name="layer">Its run-time settings.</param>
/// <param name="lastChange">The version that changed a key last.</param>
internal sealed class OriginReader(SwitchyardOptions options, RuntimeLayer layer, Func<string, ConfigurationVersion?> lastChange)
{
    public ConfigurationSetting Describe(OptionSetting setting)
    {
        var key = ConfigurationKeys.Write(setting.Path);
        if (layer.Covers(setting.Path))
        {
            var by = lastChange(setting.Path) is { } version ? $"version {version.Version} by {version.Who}" : "set at run time";
            return new() { Key = key, Value = setting.Value, Source = ConfigurationSource.RunTime, Origin = by };
        }

        if (options.Origins?.Find(setting.Path) is { } origin)
            return new() { Key = key, Value = setting.Value, Source = SourceOf(origin.Layer), Origin = Place(origin) };
        return setting.IsDefault
            ? new() { Key = key, Value = setting.Value, Source = ConfigurationSource.Default, Origin = "default" }
            : new()
            {
                Key = key,
                Value = setting.Value,
                Source = ConfigurationSource.Code,
                Origin = "set in code, or by the host's configuration",
            };
    }

    private static ConfigurationSource SourceOf(SettingLayer layer) => layer switch
    {
        SettingLayer.File => ConfigurationSource.File,
        SettingLayer.Environment => ConfigurationSource.Environment,
        SettingLayer.CommandLine => ConfigurationSource.CommandLine,
        _ => ConfigurationSource.RunTime,
    };

    private static string Place(SettingOrigin origin) => origin.Described ?? $"{origin.File}:{origin.Line}";
}
