namespace Switchyard.Plugins;

/// <summary>A plugin as it stands now.</summary>
public sealed record PluginStatus
{
    /// <summary>Its name; of one whose manifest cannot be read, its folder's.</summary>
    public required string Name { get; init; }

    /// <summary>Its version; empty where the manifest cannot be read.</summary>
    public required string Version { get; init; }

    /// <summary>What becomes of it.</summary>
    public required PluginState State { get; init; }

    /// <summary>Why it is in that state, and what to do; empty where it just runs.</summary>
    public string Reason { get; init; } = "";

    /// <summary>Its folder.</summary>
    public required string Folder { get; init; }

    /// <summary>What it says of itself.</summary>
    public string Description { get; init; } = "";

    /// <summary>What it adds, in the words of its manifest.</summary>
    public IReadOnlyList<string> Adds { get; init; } = [];

    /// <summary>Whether calls are refused when it fails.</summary>
    public bool FailsClosed { get; init; }

    /// <summary>How long it may take in one step of a call.</summary>
    public TimeSpan Timeout { get; init; }

    /// <summary>When it was loaded; null where it was not.</summary>
    public DateTimeOffset? LoadedAt { get; init; }

    /// <summary>How often its code was run.</summary>
    public long Runs { get; init; }

    /// <summary>How many of these runs have not come back.</summary>
    public long Running { get; init; }

    /// <summary>How many failed.</summary>
    public long Failures { get; init; }

    /// <summary>How many of those were too slow.</summary>
    public long Timeouts { get; init; }

    /// <summary>How many failed since one did not.</summary>
    public int FailuresInARow { get; init; }

    /// <summary>What failed last; null for nothing.</summary>
    public string? LastFailure { get; init; }

    /// <summary>Ended calls that its sink was not told of, because it is too slow or switched off.</summary>
    public long LostRecords { get; init; }
}

/// <summary>What becomes of a plugin.</summary>
public enum PluginState
{
    /// <summary>It is part of calls.</summary>
    Running,

    /// <summary>It is loaded, and switched off after too many failures in a row.</summary>
    Off,

    /// <summary>It could not be loaded, or its new version could not.</summary>
    Failed,

    /// <summary>It is part of no new call, and waits for those that still use it.</summary>
    Leaving,

    /// <summary>No call uses it, and something of its own still holds it in memory.</summary>
    Held,

    /// <summary>It is out of memory.</summary>
    Unloaded,
}

/// <summary>What came of unloading a plugin, as far as it was waited for.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its version.</param>
/// <param name="State"><see cref="PluginState.Unloaded"/>, <see cref="PluginState.Leaving"/> or <see cref="PluginState.Held"/>.</param>
/// <param name="Reason">What holds it; empty where it is gone.</param>
public sealed record PluginUnloading(string Name, string Version, PluginState State, string Reason);

/// <summary>What came of replacing a plugin.</summary>
/// <param name="Loaded">The new one.</param>
/// <param name="Replaced">The old one; null where there was none.</param>
public sealed record PluginReplacement(PluginStatus Loaded, PluginUnloading? Replaced);
