using System.Diagnostics.CodeAnalysis;
using Switchyard.Calls;

namespace Switchyard.Engine;

/// <summary>
/// Holds the configuration in force, and its providers, until it is disposed. The gateway uses it to check a request (key, size) before it
/// becomes a call, so that checks and call use the same configuration. Dispose it once, after the answer.
/// </summary>
[SuppressMessage("Performance", "CA1815", Justification = "A hold is taken and disposed, never compared.")]
public readonly struct SnapshotHold : IDisposable
{
    internal SnapshotHold(CallSnapshot snapshot) => Snapshot = snapshot;

    /// <summary>The configuration held.</summary>
    public CallSnapshot Snapshot { get; }

    /// <summary>Releases the configuration.</summary>
    public void Dispose() => Snapshot.InFlight.Leave();
}
