using System.Collections.Concurrent;

namespace Switchyard.Limits;

/// <summary>The state of every limit by its subject, kept across reloads. Thread-safe.</summary>
/// <param name="shared">The shared counting of several nodes; null if each counts for itself.</param>
internal sealed class LimitStore(SharedCounting? shared = null) : IDisposable
{
    private readonly ConcurrentDictionary<(LimitScope Scope, string Name), LimitState> _states = new();

    /// <summary>The state of a subject.</summary>
    public LimitState Of(LimitScope scope, string name) =>
        _states.GetOrAdd((scope, Key(name)), key => new LimitState($"{key.Scope}:{key.Name}".ToLowerInvariant(), shared));

    /// <summary>The shared counting of several nodes; null if each counts for itself.</summary>
    public SharedCounting? Shared => shared;

    /// <summary>Stops reporting to the store.</summary>
    public void Dispose() => shared?.Dispose();

    private static string Key(string name) => name.ToLowerInvariant();
}
