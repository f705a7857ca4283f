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
public sealed record ConfigurationChanged
{
    /// <summary>Its number in this process, as in <c>x-switchyard-config</c>.</summary>
    public required long Generation { get; init; }

    /// <summary>The version of the run-time settings; 0 if none were ever made.</summary>
    public required long Version { get; init; }

    /// <summary>The changed settings, secrets masked.</summary>
    public required IReadOnlyList<ConfigurationChange> Changes { get; init; }
}
