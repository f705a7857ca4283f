using Switchyard.Configuration.Runtime;

namespace Switchyard.TestKit;

/// <summary>An in-memory store of the run-time configuration, which several engines may share and which can be unavailable.</summary>
public sealed class FakeConfigurationStore : IConfigurationStore
{
    private readonly Lock _gate = new();
    private readonly List<StoredConfiguration> _versions = [];
    private TaskCompletionSource _written = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whether it fails.</summary>
    public bool IsAway { get; set; }

    /// <summary>Whether followers are notified immediately; else they poll.</summary>
    public bool Tells { get; set; } = true;

    /// <summary>Every version it holds.</summary>
    public IReadOnlyList<StoredConfiguration> Versions
    {
        get
        {
            lock (_gate)
                return [.. _versions];
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoredConfiguration>> ReadAsync(long since, CancellationToken cancellationToken) => Answer(
        () => since > 0 && _versions.Count == 0
            ? (IReadOnlyList<StoredConfiguration>)[new() { Version = 0, At = default, Who = "", Action = "", Document = "" }]
            : [.. _versions.Where(version => version.Version > since || since > _versions.Count)]);

    /// <summary>Sets it back to an earlier version, as a restored backup does.</summary>
    public void SetBackTo(int version)
    {
        lock (_gate)
            _versions.RemoveRange(version, _versions.Count - version);
    }

    /// <inheritdoc/>
    public Task<bool> WriteAsync(StoredConfiguration version, CancellationToken cancellationToken) => Answer(() =>
    {
        ArgumentNullException.ThrowIfNull(version);
        if (version.Version != _versions.Count + 1)
            return false;
        _versions.Add(version);
        if (Tells)
        {
            _written.SetResult();
            _written = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        return true;
    });

    /// <inheritdoc/>
    public Task WaitAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
            return _written.Task.WaitAsync(cancellationToken);
    }

    private Task<T> Answer<T>(Func<T> answer)
    {
        if (IsAway)
            return Task.FromException<T>(new IOException("The store is away: host=db.internal password=secret"));
        lock (_gate)
            return Task.FromResult(answer());
    }
}
