using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>Plugins: where they are, and how much of a call's time and patience one may use.</summary>
public sealed class PluginsOptions
{
    /// <summary>
    /// The folder that holds a folder for each plugin; null, the default, for none. Only plugins below it can be loaded through the admin
    /// API.
    /// </summary>
    [ConfigurationKeyName("directory")]
    public string? Directory { get; set; }

    /// <summary>Whether the folder is followed: a plugin that is added, changed or removed there is loaded, replaced or unloaded.</summary>
    /// <value>The default is true.</value>
    [ConfigurationKeyName("watch")]
    public bool Watch { get; set; } = true;

    /// <summary>
    /// How long one plugin may take in one step of a call, by its own doing: what the rest of the call takes does not count. A manifest may
    /// name another time.
    /// </summary>
    /// <value>The default is 1 second.</value>
    [ConfigurationKeyName("timeout")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a plugin may take to be loaded, and how long its providers may take to begin.</summary>
    /// <value>The default is 10 seconds.</value>
    [ConfigurationKeyName("load_timeout")]
    public TimeSpan LoadTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long unloading waits for calls that still run on the plugin before it goes on in the background.</summary>
    /// <value>The default is 30 seconds.</value>
    [ConfigurationKeyName("unload_wait")]
    public TimeSpan UnloadWait { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>After how many failures in a row a plugin is switched off.</summary>
    /// <value>The default is 5.</value>
    [ConfigurationKeyName("failures")]
    public int Failures { get; set; } = 5;

    /// <summary>What is different for one plugin, by its name.</summary>
    [ConfigurationKeyName("use")]
    public Dictionary<string, PluginOptions> Use { get; set; } = new(StringComparer.OrdinalIgnoreCase);
}

/// <summary>What is different for one plugin.</summary>
public sealed class PluginOptions
{
    /// <summary>Whether it is loaded from the folder.</summary>
    /// <value>The default is true.</value>
    [ConfigurationKeyName("enabled")]
    public bool Enabled { get; set; } = true;

    /// <summary>The version that is meant where several are loaded and a call names none; null, the default, is the newest.</summary>
    [ConfigurationKeyName("version")]
    public string? Version { get; set; }

    /// <summary>
    /// What becomes of a call when the plugin fails or is too slow: <c>open</c> goes on without it, <c>closed</c> refuses the call; null
    /// takes the manifest's word.
    /// </summary>
    [ConfigurationKeyName("on_failure"), KnownValues("open", "closed")]
    public string? OnFailure { get; set; }

    /// <summary>How long it may take in one step of a call; null takes the manifest's word.</summary>
    [ConfigurationKeyName("timeout")]
    public TimeSpan? Timeout { get; set; }

    /// <summary>Settings for the plugin itself, over those of its manifest.</summary>
    [ConfigurationKeyName("settings")]
    public Dictionary<string, string> Settings { get; set; } = new(StringComparer.OrdinalIgnoreCase);
}
