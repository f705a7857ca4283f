using System.Collections.Concurrent;

namespace Switchyard.Limits;

/// <summary>The state of every limit, by what it is of: a reload keeps what was counted. Thread-safe.</summary>
internal sealed class LimitStore
{
    private readonly ConcurrentDictionary<(LimitScope Scope, string Name), LimitState> _states = new();

    /// <summary>The state of a subject.</summary>
    public LimitState Of(LimitScope scope, string name) => _states.GetOrAdd((scope, Key(name)), static _ => new LimitState());

    private static string Key(string name) => name.ToLowerInvariant();
}
