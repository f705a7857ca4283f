namespace Switchyard.Plugins;

/// <summary>
/// The host's only reference to an object of a plugin. The host keeps it instead of the object, in routes and lists that outlive the
/// plugin; unloading cuts the reference, and the host then holds nothing of the plugin. Thread-safe.
/// </summary>
internal sealed class PluginPart<T>(T value) : IPluginPart
    where T : class
{
    private volatile T? _value = value;

    /// <summary>The object; null once the plugin has been unloaded.</summary>
    public T? Value => _value;

    public void Cut() => _value = null;
}

/// <summary>A plugin's object that the host refers to.</summary>
internal interface IPluginPart
{
    /// <summary>Releases it.</summary>
    void Cut();
}
