namespace Switchyard.Configuration.Runtime;

/// <summary>
/// Notified of every configuration that comes into force, from any source. It cannot break the engine: its exceptions are logged.
/// Register it in the container.
/// </summary>
public interface IConfigurationListener
{
    /// <summary>Another configuration is in force. Calls that begin now run on it.</summary>
    void OnChanged(ConfigurationChanged changed);
}

/// <summary>Another configuration came into force.</summary>
/// <param name="Generation">Its number in this process, as in <c>x-switchyard-config</c>.</param>
/// <param name="Version">The version of the run-time settings; 0 if none were ever made.</param>
/// <param name="Changes">The changed settings, secrets masked.</param>
public sealed record ConfigurationChanged(long Generation, long Version, IReadOnlyList<ConfigurationChange> Changes);
