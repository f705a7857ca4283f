namespace Switchyard.Configuration.Runtime;

/// <summary>
/// Stores the run-time settings, so that they outlive the process and other gateways follow. Without a store they apply until the process
/// ends. Thread-safe.
/// </summary>
public interface IConfigurationStore
{
    /// <summary>
    /// The versions after a known one, oldest first; the newest of them applies. A store that was set back, as by a restored backup, and no
    /// longer has the known one returns all.
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
/// <param name="Version">Its number, from 1 without gaps.</param>
/// <param name="At">The time of the change.</param>
/// <param name="Who">The name of the administrator, or of the code, that made it.</param>
/// <param name="Action">The kind of change.</param>
/// <param name="Document">Its content, as JSON; it contains no secret.</param>
public sealed record StoredConfiguration(long Version, DateTimeOffset At, string Who, string Action, string Document);
