using Switchyard.Configuration;

namespace Switchyard.Edge;

/// <summary>The settings that this edition cannot serve. They are refused: ignoring them would serve another gateway than
/// configured.</summary>
internal static class EdgeLimits
{
    /// <summary>The settings that are set and cannot be served, each with its position.</summary>
    public static IReadOnlyList<ConfigurationProblem> Find(SwitchyardOptions options)
    {
        var (storage, secrets) = (options.Storage, options.Secrets);
        (string Key, bool IsSet, string Needs)[] settings =
        [
            ("admin", options.Admin.IsOn, "the admin API and the dashboard"),
            ("plugins", options.Plugins.Directory is not null || options.Plugins.Use.Count > 0, "code that is loaded while it runs"),
            ("storage:ledger", storage.Ledger is not null, "a database"),
            ("storage:redis", storage.Redis is not null, "Redis"),
            ("secrets:file", secrets.File is not null, "the store of secrets in a file"),
            ("secrets:vault", secrets.Vault is not null, "a client of Vault"),
            ("secrets:aws", secrets.Aws is not null, "the SDK of a cloud"),
            ("secrets:azure", secrets.Azure is not null, "the SDK of a cloud"),
            ("secrets:google", secrets.Google is not null, "the SDK of a cloud"),
        ];
        return [.. settings.Where(setting => setting.IsSet).Select(setting => Problem(options, setting.Key, setting.Needs))];
    }

    private static ConfigurationProblem Problem(SwitchyardOptions options, string path, string needs)
    {
        var key = path.Replace(':', '.');
        var origin = options.Origins?.Find(path);
        return new ConfigurationProblem(
            key, $"'{key}' needs {needs}, which switchyard-edge does not have. Remove it, or serve this file with switchyard.")
        {
            File = origin?.File,
            Line = origin?.Line,
            Column = origin?.Column,
            Origin = origin?.Described,
        };
    }
}
