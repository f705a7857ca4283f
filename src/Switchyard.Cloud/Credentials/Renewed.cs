using Switchyard.Providers;

namespace Switchyard.Cloud.Credentials;

/// <summary>A value that expires, with the times to renew it and to stop using it.</summary>
/// <param name="Value">A token, or a pair of keys.</param>
/// <param name="RenewAt">When a new one is fetched.</param>
/// <param name="ExpiresAt">When it is no longer used.</param>
internal sealed record Lease<T>(T Value, DateTimeOffset RenewAt, DateTimeOffset ExpiresAt);

/// <summary>
/// A cache of one value that expires: fetched on first use, once for all concurrent callers, and renewed in the background before it
/// expires, while the old one is still returned. Thread-safe.
/// </summary>
/// <param name="fetch">Gets a new value. Runs independently of the caller that asked first and of its cancellation.</param>
/// <param name="timeProvider">The clock.</param>
/// <param name="obtained">Runs for each new value before a caller gets it: the redactor must know a secret before it is sent.</param>
internal sealed class Renewed<T>(
    Func<CancellationToken, ValueTask<Lease<T>>> fetch, TimeProvider timeProvider, Action<T>? obtained = null)
{
    /// <summary>The timeout of one fetch.</summary>
    public static readonly TimeSpan FetchTimeout = TimeSpan.FromSeconds(30);

    /// <summary>How long a failure is cached before another try: sources take seconds to fail.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private Lease<T>? _current;
    private Task<Outcome>? _running;
    private Exception? _failure;
    private long _failedAt;

    /// <summary>The value, fetched if there is none. A failure of the fetch is thrown.</summary>
    public async ValueTask<T> GetAsync(CancellationToken cancellationToken)
    {
        Task<Outcome> running;
        lock (_gate)
        {
            var now = timeProvider.GetUtcNow();
            if (_current is { } current && now < current.ExpiresAt)
            {
                if (now >= current.RenewAt && !IsPausing())
                    _running ??= FetchAsync();
                return current.Value;
            }

            if (_running is null && IsPausing())
                throw Again(_failure!);
            running = _running ??= FetchAsync();
        }

        var outcome = await running.WaitAsync(cancellationToken).ConfigureAwait(false);
        return outcome.Lease is { } lease ? lease.Value : throw Again(outcome.Failure!);
    }

    /// <summary>Drops a value that its issuer no longer accepts: the next caller waits for a new one.</summary>
    public void Forget(T value)
    {
        lock (_gate)
        {
            if (_current is { } current && EqualityComparer<T>.Default.Equals(current.Value, value))
                _current = null;
        }
    }

    private async Task<Outcome> FetchAsync()
    {
        // Leaves the lock that it is started under, and the caller's thread: some sources read files or wait before they first yield.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        Lease<T>? lease = null;
        Exception? failure = null;
        try
        {
            using var clock = new CancellationTokenSource(FetchTimeout, timeProvider);
            lease = await fetch(clock.Token).AsTask().WaitAsync(clock.Token).ConfigureAwait(false);
            obtained?.Invoke(lease.Value);
        }
        catch (Exception error)
        {
            failure = error;
        }

        lock (_gate)
        {
            _running = null;
            _current = lease ?? _current;
            _failure = failure;
            _failedAt = timeProvider.GetTimestamp();
        }

        return new Outcome(lease, failure);
    }

    /// <summary>Whether the last fetch has just failed. Not by the time of day, which may be set back.</summary>
    private bool IsPausing() => _failure is not null && timeProvider.GetElapsedTime(_failedAt) < Pause;

    // One exception object must not be thrown by several callers at once: each would write its stack into it.
    private static ProviderException Again(Exception failure) =>
        failure is ProviderException
            ? new(failure.Message, failure)
            : new("The credential could not be obtained.", failure);

    private sealed record Outcome(Lease<T>? Lease, Exception? Failure);
}
