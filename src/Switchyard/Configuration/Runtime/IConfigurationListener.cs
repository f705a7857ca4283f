namespace Switchyard.Configuration.Runtime;

/// <summary>
/// Is told of every configuration that comes into force, whatever brought it. It cannot break the engine: what it throws is logged.
/// Register it in the container.
/// </summary>
public interface IConfigurationListener
{
    /// <summary>Another configuration is in force. Calls that begin now run on it.</summary>
    void OnChanged(ConfigurationChanged changed);
}

/// <summary>Another configuration came into force.</summary>
/// <param name="Generation">Its number in this process, as in <c>x-switchyard-config</c>.</param>
/// <param name="Version">The version of what is set at run time; 0 where nothing ever was.</param>
/// <param name="Changes">What is another than before, secrets masked.</param>
public sealed record ConfigurationChanged(long Generation, long Version, IReadOnlyList<ConfigurationChange> Changes);
