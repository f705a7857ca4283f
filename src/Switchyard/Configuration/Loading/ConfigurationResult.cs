namespace Switchyard.Configuration.Loading;

/// <summary>The result of loading: usable options, or the problems that keep it from having any. Immutable.</summary>
public sealed class ConfigurationResult
{
    /// <summary>The options; null when any problem is an error.</summary>
    public SwitchyardOptions? Options { get; init; }

    /// <summary>The problems, in the order of the file. Warnings may come with usable options.</summary>
    public required IReadOnlyList<ConfigurationProblem> Problems { get; init; }

    /// <summary>The file that was read, as it was named; null when there was none.</summary>
    public string? File { get; init; }

    /// <summary>Whether there is no file, or none of its lines is a setting.</summary>
    internal bool SaysNothing { get; init; }
}
