using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Switchyard.Configuration.Runtime;

/// <summary>One change of the configuration at run time, as its history keeps it. Immutable.</summary>
/// <param name="Version">Its number, from 1.</param>
/// <param name="At">When it was made.</param>
/// <param name="Who">Who made it.</param>
/// <param name="Action">
/// How: <c>update</c>, <c>reset</c>, <c>rollback</c>, <c>import</c>, <c>canary</c>, <c>promote</c>, <c>abandon</c> or <c>code</c>.
/// </param>
/// <param name="Changes">What it changed of the configuration in force, secrets masked.</param>
public sealed record ConfigurationVersion(
    long Version, DateTimeOffset At, string Who, string Action, IReadOnlyList<ConfigurationChange> Changes);

/// <summary>A setting that is another than before.</summary>
/// <param name="Key">Its key, parts joined by dots.</param>
/// <param name="Before">What it was: text or a list, a secret masked; null where there was nothing.</param>
/// <param name="After">What it is.</param>
public sealed record ConfigurationChange(string Key, JsonNode? Before, JsonNode? After);

/// <summary>The sources a setting can come from, in the order in which a later one wins.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ConfigurationSource>))]
public enum ConfigurationSource
{
    /// <summary>Nobody set it.</summary>
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

    /// <summary>It was set, or taken away, while the engine runs.</summary>
    [JsonStringEnumMemberName("run_time")]
    RunTime,
}

/// <summary>A setting in force, and where it comes from. Immutable.</summary>
/// <param name="Key">Its key, parts joined by dots.</param>
/// <param name="Value">Text or a list, a secret masked, what a variable holds as <c>${NAME}</c>; null where nothing is set.</param>
/// <param name="Source">The kind of source.</param>
/// <param name="Origin">The place: <c>switchyard.yaml:12</c>, a variable's name, <c>--set</c>; for one set at run time who did it.</param>
public sealed record ConfigurationSetting(string Key, JsonNode? Value, ConfigurationSource Source, string Origin);
