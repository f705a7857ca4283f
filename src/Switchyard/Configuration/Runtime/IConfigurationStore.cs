namespace Switchyard.Configuration.Runtime;

/// <summary>
/// Stores the run-time settings, so that they outlive the process and other gateways follow. Without a store they apply until the process
/// ends. Thread-safe.
/// </summary>
public interface IConfigurationStore
{
    /// <summary>
    /// The versions after a known one, oldest first; the newest of them applies. A store that was set back, as by a restored backup, and no
    /// longer has the known one returns all; if it has none then, one with the number 0 and without content.
    /// </summary>
    /// <param name="since">The known version; 0 for none.</param>
    /// <param name="cancellationToken">Cancels.</param>
    Task<IReadOnlyList<StoredConfiguration>> ReadAsync(long since, CancellationToken cancellationToken);

    /// <summary>Adds a version, if it is the next one, and drops those beyond the length of the history.</summary>
    /// <returns>False if another writer was first: nothing is written then.</returns>
    Task<bool> WriteAsync(StoredConfiguration version, CancellationToken cancellationToken);

    /// <summary>
    /// Completes when another version may have been written. A store without notifications waits until it is cancelled: it is also read
    /// every second.
    /// </summary>
    Task WaitAsync(CancellationToken cancellationToken);
}

/// <summary>A version as it is stored.</summary>
public sealed record StoredConfiguration
{
    /// <summary>Its number, from 1 without gaps.</summary>
    public required long Version { get; init; }

    /// <summary>The time of the change.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The name of the administrator, or of the code, that made it.</summary>
    public required string Who { get; init; }

    /// <summary>The kind of change.</summary>
    public required string Action { get; init; }

    /// <summary>Its content, as JSON; it contains no secret.</summary>
    public required string Document { get; init; }
}
