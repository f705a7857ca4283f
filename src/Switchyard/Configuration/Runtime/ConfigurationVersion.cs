using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Switchyard.Configuration.Runtime;

/// <summary>One change of the configuration at run time, as recorded in its history. Immutable.</summary>
/// <param name="Version">Its number, from 1.</param>
/// <param name="At">The time of the change.</param>
/// <param name="Who">The name of the administrator, or of the code, that made it.</param>
/// <param name="Action">
/// The kind: <c>update</c>, <c>reset</c>, <c>rollback</c>, <c>import</c>, <c>canary</c>, <c>promote</c>, <c>abandon</c> or <c>code</c>.
/// </param>
/// <param name="Changes">Its changes to the configuration in force, secrets masked.</param>
public sealed record ConfigurationVersion(
    long Version, DateTimeOffset At, string Who, string Action, IReadOnlyList<ConfigurationChange> Changes);

/// <summary>A changed setting.</summary>
/// <param name="Key">Its key, parts joined by dots.</param>
/// <param name="Before">The old value: text or a list, a secret masked; null if there was none.</param>
/// <param name="After">The new value.</param>
public sealed record ConfigurationChange(string Key, JsonNode? Before, JsonNode? After);

/// <summary>The sources a setting can come from, in the order in which a later one wins.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ConfigurationSource>))]
public enum ConfigurationSource
{
    /// <summary>The default: no source set it.</summary>
    [JsonStringEnumMemberName("default")]
    Default,

    /// <summary>The host's code, or its own configuration.</summary>
    [JsonStringEnumMemberName("code")]
    Code,

    /// <summary>The configuration file.</summary>
    [JsonStringEnumMemberName("file")]
    File,

    /// <summary>An environment variable.</summary>
    [JsonStringEnumMemberName("environment")]
    Environment,

    /// <summary>The command line.</summary>
    [JsonStringEnumMemberName("command_line")]
    CommandLine,

    /// <summary>It was set, or removed, while the engine runs.</summary>
    [JsonStringEnumMemberName("run_time")]
    RunTime,
}

/// <summary>A setting in force, and its source. Immutable.</summary>
/// <param name="Key">Its key, parts joined by dots.</param>
/// <param name="Value">Text or a list, a secret masked, the content of a variable as <c>${NAME}</c>; null if nothing is set.</param>
/// <param name="Source">The kind of source.</param>
/// <param name="Origin">The place: <c>switchyard.yaml:12</c>, a variable's name, <c>--set</c>; for a run-time setting, who set it.</param>
public sealed record ConfigurationSetting(string Key, JsonNode? Value, ConfigurationSource Source, string Origin);
