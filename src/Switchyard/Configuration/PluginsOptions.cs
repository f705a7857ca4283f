using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>Plugins: their folder, and their bounds of time and failures.</summary>
public sealed class PluginsOptions
{
    /// <summary>
    /// The folder that holds a folder for each plugin; null, the default, for none. Only plugins below it can be loaded through the admin
    /// API.
    /// </summary>
    [ConfigurationKeyName("directory")]
    public string? Directory { get; set; }

    /// <summary>Whether the folder is watched: a plugin that is added, changed or removed there is loaded, replaced or unloaded.</summary>
    /// <value>The default is true.</value>
    [ConfigurationKeyName("watch")]
    public bool Watch { get; set; } = true;

    /// <summary>
    /// How long one plugin may take in one step of a call; time that the rest of the call takes does not count. A manifest may
    /// set another time.
    /// </summary>
    /// <value>The default is 1 second.</value>
    [ConfigurationKeyName("timeout")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a plugin may take to load, and how long its providers may take to start.</summary>
    /// <value>The default is 10 seconds.</value>
    [ConfigurationKeyName("load_timeout")]
    public TimeSpan LoadTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long unloading waits for calls that still run on the plugin before it continues in the background.</summary>
    /// <value>The default is 30 seconds.</value>
    [ConfigurationKeyName("unload_wait")]
    public TimeSpan UnloadWait { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>After how many failures in a row a plugin is switched off.</summary>
    /// <value>The default is 5.</value>
    [ConfigurationKeyName("failures")]
    public int Failures { get; set; } = 5;

    /// <summary>The settings of one plugin, by its name.</summary>
    [ConfigurationKeyName("use")]
    public Dictionary<string, PluginOptions> Use { get; set; } = new(StringComparer.OrdinalIgnoreCase);
}

/// <summary>The settings of one plugin.</summary>
public sealed class PluginOptions
{
    /// <summary>Whether it is loaded from the folder.</summary>
    /// <value>The default is true.</value>
    [ConfigurationKeyName("enabled")]
    public bool Enabled { get; set; } = true;

    /// <summary>The version used if several are loaded and a call names none; null, the default, takes the newest.</summary>
    [ConfigurationKeyName("version")]
    public string? Version { get; set; }

    /// <summary>
    /// The handling of a call if the plugin fails or is too slow: <c>open</c> continues without it, <c>closed</c> refuses the call; null
    /// takes the manifest's setting.
    /// </summary>
    [ConfigurationKeyName("on_failure"), KnownValues("open", "closed")]
    public string? OnFailure { get; set; }

    /// <summary>How long it may take in one step of a call; null takes the manifest's setting.</summary>
    [ConfigurationKeyName("timeout")]
    public TimeSpan? Timeout { get; set; }

    /// <summary>Settings for the plugin itself, overriding those of its manifest.</summary>
    [ConfigurationKeyName("settings")]
    public Dictionary<string, string> Settings { get; set; } = new(StringComparer.OrdinalIgnoreCase);
}
