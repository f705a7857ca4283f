using Switchyard.Common;
using Switchyard.Telemetry;

namespace Switchyard.Plugins;

/// <summary>Counts plugins' failures, and redacts secrets from their texts. Thread-safe.</summary>
internal sealed class PluginEvents(EngineMetrics metrics, SecretRedactor secrets)
{
    /// <summary>Counts a failed run of a plugin.</summary>
    public void OnFailed(string plugin, PluginTrouble trouble) =>
        metrics.PluginFailed(plugin, trouble == PluginTrouble.TooSlow ? "timeout" : "error");

    /// <summary>A text of a plugin without the host's secrets.</summary>
    public string Redact(string text) => LogText.Escape(secrets.Redact(text));
}
