using Switchyard.Configuration.Runtime;
using Switchyard.Engine;

namespace Switchyard.Dashboard.Pages.Configuration;

/// <summary>Reads the settings in force, and the versions of the settings made at run time. Thread-safe.</summary>
internal sealed class ConfigurationReader(SwitchyardEngine engine)
{
    public ConfigurationReading Read() => new(
        engine.Snapshot.Generation,
        engine.Configuration.Version,
        engine.Configuration.IsKept,
        engine.Configuration.Problem,
        engine.Configuration.Describe(),
        engine.Configuration.GetHistory());

    /// <summary>The differences between two versions; null if one of them is not kept any more.</summary>
    public IReadOnlyList<ConfigurationChange>? Compare(long from, long to)
    {
        try
        {
            return engine.Configuration.Diff(from, to);
        }
        catch (ConfigurationChangeException)
        {
            return null;
        }
    }
}

/// <summary>The configuration. Secrets in it are masked.</summary>
/// <param name="Generation">The number of the configuration in force.</param>
/// <param name="Version">The version of the settings made at run time.</param>
/// <param name="IsKept">Whether those settings outlive a restart.</param>
/// <param name="Problem">Why some of them cannot be applied; null if all are.</param>
/// <param name="Settings">Every setting, with its source.</param>
/// <param name="History">The last versions, the newest first.</param>
internal sealed record ConfigurationReading(
    long Generation,
    long Version,
    bool IsKept,
    string? Problem,
    IReadOnlyList<ConfigurationSetting> Settings,
    IReadOnlyList<ConfigurationVersion> History);
