namespace Switchyard.Configuration.Loading;

/// <summary>The result of loading: usable options, or the problems that prevent them. Immutable.</summary>
public sealed class ConfigurationResult
{
    /// <summary>The options; null if any problem is an error.</summary>
    public SwitchyardOptions? Options { get; init; }

    /// <summary>The problems, in the order of the file. Warnings may come with usable options.</summary>
    public required IReadOnlyList<ConfigurationProblem> Problems { get; init; }

    /// <summary>The file that was read, as it was named; null if there was none.</summary>
    public string? File { get; init; }

    /// <summary>Whether there is no file, or it contains no setting.</summary>
    internal bool SaysNothing { get; init; }
}
