namespace Switchyard.Plugins;

/// <summary>
/// The only way from the host into an object of a plugin. The host keeps this instead, in routes and lists that outlive the plugin by a
/// while; when the plugin is unloaded the way is cut, and nothing of the host leads to it any more. Thread-safe.
/// </summary>
internal sealed class PluginPart<T>(T value) : IPluginPart
    where T : class
{
    private volatile T? _value = value;

    /// <summary>The object; null once the plugin has been unloaded.</summary>
    public T? Value => _value;

    public void Cut() => _value = null;
}

/// <summary>Something of a plugin that the host holds.</summary>
internal interface IPluginPart
{
    /// <summary>Lets go of it.</summary>
    void Cut();
}
