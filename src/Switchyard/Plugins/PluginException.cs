namespace Switchyard.Plugins;

/// <summary>A plugin could not be loaded, replaced, switched on or unloaded; nothing was changed. The message gives the reason.</summary>
public sealed class PluginException : Exception
{
    internal PluginException(PluginFault fault, string message)
        : base(message) => Fault = fault;

    /// <summary>The kind of failure.</summary>
    public PluginFault Fault { get; }
}

/// <summary>The kind of a plugin failure.</summary>
public enum PluginFault
{
    /// <summary>There is no such folder, or no plugin of that name.</summary>
    NotFound,

    /// <summary>The manifest cannot be read, or does not match the folder or the plugin's behaviour.</summary>
    Manifest,

    /// <summary>It was written for another version of the contract.</summary>
    Contract,

    /// <summary>Its own code failed, or took too long.</summary>
    Failed,

    /// <summary>It conflicts with a loaded plugin.</summary>
    Conflict,

    /// <summary>This program cannot load plugins: it was compiled ahead of time.</summary>
    Unsupported,
}
