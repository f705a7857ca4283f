using Switchyard.Common;
using Switchyard.Telemetry;

namespace Switchyard.Plugins;

/// <summary>What becomes of plugins' failures besides a line in the log: they are counted, and told without secrets. Thread-safe.</summary>
internal sealed class PluginEvents(EngineMetrics metrics, SecretRedactor secrets)
{
    /// <summary>A run of a plugin has failed.</summary>
    public void OnFailed(string plugin, PluginTrouble trouble) =>
        metrics.PluginFailed(plugin, trouble == PluginTrouble.TooSlow ? "timeout" : "error");

    /// <summary>A text of a plugin without the host's secrets.</summary>
    public string Redact(string text) => LogText.Escape(secrets.Redact(text));
}
