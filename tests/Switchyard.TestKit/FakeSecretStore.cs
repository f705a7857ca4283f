using System.Collections.Concurrent;
using Switchyard.Secrets;

namespace Switchyard.TestKit;

/// <summary>An in-memory store of secrets that behaves like a remote one: it can fail, and records requests. Thread-safe.</summary>
/// <param name="name">Its name.</param>
public sealed class FakeSecretStore(string name = "fake") : ISecretStore
{
    private readonly ConcurrentDictionary<string, string> _secrets = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _asked = new();

    /// <inheritdoc/>
    public string Name { get; } = name;

    /// <summary>The exception of every request; null while it works.</summary>
    public Exception? Fault { get; set; }

    /// <summary>The names it was asked for, in order.</summary>
    public IReadOnlyList<string> Asked => [.. _asked];

    /// <summary>The secret of a name.</summary>
    public string this[string key]
    {
        set => _secrets[key] = value;
    }

    /// <inheritdoc/>
    public ValueTask<string?> GetAsync(string key, CancellationToken cancellationToken)
    {
        _asked.Enqueue(key);
        return Fault is { } fault ? throw fault : new ValueTask<string?>(_secrets.GetValueOrDefault(key));
    }

    /// <inheritdoc/>
    public ValueTask SetAsync(string key, string value, CancellationToken cancellationToken)
    {
        _secrets[key] = value;
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask DeleteAsync(string key, CancellationToken cancellationToken)
    {
        _secrets.TryRemove(key, out _);
        return ValueTask.CompletedTask;
    }
}
