using Switchyard.Plugins;

namespace Switchyard.TestPlugin;

/// <summary>A plugin whose constructor throws.</summary>
public sealed class BrokenPlugin : IPlugin
{
    /// <summary>Throws.</summary>
    public BrokenPlugin() => throw new InvalidOperationException("It cannot be made.");

    /// <inheritdoc/>
    public string Name => "mine";

    /// <inheritdoc/>
    public void Register(IPluginHost host)
    {
        // It is never made.
    }
}

/// <summary>A plugin with a static field whose value cannot be computed.</summary>
public sealed class BrokenFieldPlugin : IPlugin
{
    private static readonly string s_name = Compute();

    /// <inheritdoc/>
    public string Name => s_name;

    /// <inheritdoc/>
    public void Register(IPluginHost host)
    {
        // It is never made.
    }

    private static string Compute() => throw new FormatException("It has a wrong field.");
}
