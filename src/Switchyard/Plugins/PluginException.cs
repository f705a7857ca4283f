namespace Switchyard.Plugins;

/// <summary>A plugin could not be loaded, replaced, switched on or unloaded; nothing has changed. The message says why.</summary>
public sealed class PluginException : Exception
{
    internal PluginException(PluginFault fault, string message)
        : base(message) => Fault = fault;

    /// <summary>What is wrong.</summary>
    public PluginFault Fault { get; }
}

/// <summary>Why something could not be done with a plugin.</summary>
public enum PluginFault
{
    /// <summary>There is no such folder, or no plugin of that name.</summary>
    NotFound,

    /// <summary>The manifest cannot be read, or is not true: of what is in the folder, or of what the plugin does.</summary>
    Manifest,

    /// <summary>It was written for another version of the contract.</summary>
    Contract,

    /// <summary>Its own code failed, or took too long.</summary>
    Failed,

    /// <summary>It does not go with what is loaded.</summary>
    Conflict,

    /// <summary>This program cannot load plugins: it was compiled ahead of time.</summary>
    Unsupported,
}
