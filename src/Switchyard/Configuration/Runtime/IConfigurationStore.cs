namespace Switchyard.Configuration.Runtime;

/// <summary>
/// Where what is set at run time is kept, so that it outlives the process and other gateways follow. Without one it holds until the process
/// ends. Thread-safe.
/// </summary>
public interface IConfigurationStore
{
    /// <summary>The versions after one, oldest first; the newest of them is what holds.</summary>
    /// <param name="since">The version that is known already; 0 for none.</param>
    /// <param name="cancellationToken">Cancels.</param>
    Task<IReadOnlyList<StoredConfiguration>> ReadAsync(long since, CancellationToken cancellationToken);

    /// <summary>Adds a version, where it is the next one, and drops those that are older than the history is long.</summary>
    /// <returns>False when somebody else was first: nothing is written then.</returns>
    Task<bool> WriteAsync(StoredConfiguration version, CancellationToken cancellationToken);

    /// <summary>
    /// Completes when another version may have been written. A store that is told nothing waits until it is cancelled: it is also asked
    /// every second.
    /// </summary>
    Task WaitAsync(CancellationToken cancellationToken);
}

/// <summary>A version as a store keeps it.</summary>
/// <param name="Version">Its number, from 1 without gaps.</param>
/// <param name="At">When it was made.</param>
/// <param name="Who">Who made it.</param>
/// <param name="Action">How.</param>
/// <param name="Document">What it holds, as JSON; it contains no secret.</param>
public sealed record StoredConfiguration(long Version, DateTimeOffset At, string Who, string Action, string Document);
