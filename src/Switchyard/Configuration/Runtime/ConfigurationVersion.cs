using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Switchyard.Configuration.Runtime;

/// <summary>One change of the configuration at run time, as recorded in its history. Immutable.</summary>
public sealed record ConfigurationVersion
{
    /// <summary>Its number, from 1.</summary>
    public required long Version { get; init; }

    /// <summary>The time of the change.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The name of the administrator, or of the code, that made it.</summary>
    public required string Who { get; init; }

    /// <summary>
    /// The kind: <c>update</c>, <c>reset</c>, <c>rollback</c>, <c>import</c>, <c>canary</c>, <c>promote</c>, <c>abandon</c> or <c>code</c>.
    /// </summary>
    public required string Action { get; init; }

    /// <summary>Its changes to the configuration in force, secrets masked.</summary>
    public required IReadOnlyList<ConfigurationChange> Changes { get; init; }
}

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
public sealed record ConfigurationSetting
{
    /// <summary>Its key, parts joined by dots.</summary>
    public required string Key { get; init; }

    /// <summary>Text or a list, a secret masked, the content of a variable as <c>${NAME}</c>; null if nothing is set.</summary>
    public JsonNode? Value { get; init; }

    /// <summary>The kind of source.</summary>
    public required ConfigurationSource Source { get; init; }

    /// <summary>The place: <c>switchyard.yaml:12</c>, a variable's name, <c>--set</c>; for a run-time setting, who set it.</summary>
    public required string Origin { get; init; }
}
