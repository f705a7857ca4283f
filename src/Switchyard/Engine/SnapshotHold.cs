using System.Diagnostics.CodeAnalysis;
using Switchyard.Calls;

namespace Switchyard.Engine;

/// <summary>
/// Holds the configuration in force, and the providers it names, until it is disposed. For an entry that judges a request before it is a
/// call (its key, its size): everything is then judged by one configuration. Dispose it once, after the answer.
/// </summary>
[SuppressMessage("Performance", "CA1815", Justification = "A hold is taken and disposed, never compared.")]
public readonly struct SnapshotHold : IDisposable
{
    internal SnapshotHold(CallSnapshot snapshot) => Snapshot = snapshot;

    /// <summary>The configuration held.</summary>
    public CallSnapshot Snapshot { get; }

    /// <summary>Gives it back.</summary>
    public void Dispose() => Snapshot.InFlight.Leave();
}
