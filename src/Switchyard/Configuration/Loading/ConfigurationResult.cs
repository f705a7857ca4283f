namespace Switchyard.Configuration.Loading;

/// <summary>What loading gave: usable options, or the reasons why there are none. Immutable.</summary>
public sealed class ConfigurationResult
{
    /// <summary>The options; null when any problem is an error.</summary>
    public SwitchyardOptions? Options { get; init; }

    /// <summary>What is wrong, in the order of the file. Warnings may come with usable options.</summary>
    public required IReadOnlyList<ConfigurationProblem> Problems { get; init; }

    /// <summary>The file that was read, as it was named; null when there was none.</summary>
    public string? File { get; init; }
}
