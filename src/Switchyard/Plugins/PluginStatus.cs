namespace Switchyard.Plugins;

/// <summary>The current status of a plugin.</summary>
public sealed record PluginStatus
{
    /// <summary>Its name; the folder's name if its manifest cannot be read.</summary>
    public required string Name { get; init; }

    /// <summary>Its version; empty if its manifest cannot be read.</summary>
    public required string Version { get; init; }

    /// <summary>Its state.</summary>
    public required PluginState State { get; init; }

    /// <summary>The reason for the state, and the remedy; empty if it runs normally.</summary>
    public string Reason { get; init; } = "";

    /// <summary>Its folder.</summary>
    public required string Folder { get; init; }

    /// <summary>Its description.</summary>
    public string Description { get; init; } = "";

    /// <summary>Its additions: the entries of <c>adds</c> in its manifest.</summary>
    public IReadOnlyList<string> Adds { get; init; } = [];

    /// <summary>Whether calls are refused if it fails.</summary>
    public bool FailsClosed { get; init; }

    /// <summary>The maximum time in one step of a call.</summary>
    public TimeSpan Timeout { get; init; }

    /// <summary>When it was loaded; null if it was not.</summary>
    public DateTimeOffset? LoadedAt { get; init; }

    /// <summary>The number of runs of its code.</summary>
    public long Runs { get; init; }

    /// <summary>The number of these runs that have not returned.</summary>
    public long Running { get; init; }

    /// <summary>The number of failed runs.</summary>
    public long Failures { get; init; }

    /// <summary>The number of those that were too slow.</summary>
    public long Timeouts { get; init; }

    /// <summary>The number of consecutive failures.</summary>
    public int FailuresInARow { get; init; }

    /// <summary>The last failure; null if none.</summary>
    public string? LastFailure { get; init; }

    /// <summary>The number of ended calls that its sink did not receive because it is too slow or switched off.</summary>
    public long LostRecords { get; init; }
}

/// <summary>The state of a plugin.</summary>
public enum PluginState
{
    /// <summary>It is part of calls.</summary>
    Running,

    /// <summary>It is loaded, and switched off after too many failures in a row.</summary>
    Off,

    /// <summary>It could not be loaded, or its new version could not.</summary>
    Failed,

    /// <summary>No new call uses it; it waits for calls that still do.</summary>
    Leaving,

    /// <summary>No call uses it, but its own code still holds it in memory.</summary>
    Held,

    /// <summary>It was removed from memory.</summary>
    Unloaded,
}

/// <summary>The result of unloading a plugin, at the end of the wait.</summary>
public sealed record PluginUnloading
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its version.</summary>
    public required string Version { get; init; }

    /// <summary><see cref="PluginState.Unloaded"/>, <see cref="PluginState.Leaving"/> or <see cref="PluginState.Held"/>.</summary>
    public required PluginState State { get; init; }

    /// <summary>What holds it; empty if it is unloaded.</summary>
    /// <value>Empty.</value>
    public string Reason { get; init; } = "";
}

/// <summary>The result of replacing a plugin.</summary>
/// <param name="Loaded">The new one.</param>
/// <param name="Replaced">The old one; null if there was none.</param>
public sealed record PluginReplacement(PluginStatus Loaded, PluginUnloading? Replaced);
