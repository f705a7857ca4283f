using Switchyard.Engine;
using Switchyard.Plugins;

namespace Switchyard.Dashboard.Pages.Plugins;

/// <summary>Reads the plugins. Thread-safe.</summary>
internal sealed class PluginsReader(SwitchyardEngine engine)
{
    public IReadOnlyList<PluginStatus> Read() =>
    [
        .. engine.Plugins.List().OrderBy(plugin => plugin.Name, StringComparer.Ordinal)
            .ThenBy(plugin => plugin.Version, StringComparer.Ordinal),
    ];
}
