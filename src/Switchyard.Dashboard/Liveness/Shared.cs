namespace Switchyard.Dashboard.Liveness;

/// <summary>
/// Figures that all users of a page share: they are read once for each beat, however many users there are. A caller that comes during a
/// reading waits for the same one. A failed reading is not kept. Thread-safe.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="read">Reads them. It is not cancelled when a waiting caller leaves.</param>
internal sealed class Shared<T>(TimeProvider time, Func<CancellationToken, Task<T>> read)
{
    // Shorter than a beat, so that every beat reads new figures.
    private static readonly TimeSpan s_keep = Pulse.Period / 2;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private Task<T>? _last;
    private long _begun;

    /// <summary>The figures of the reading in progress, or of one that began less than 1 second ago.</summary>
    public Task<T> GetAsync()
    {
        lock (_gate)
        {
            if (_last is { } last && (!last.IsCompleted || (last.IsCompletedSuccessfully && time.GetElapsedTime(_begun) < s_keep)))
                return last;
            _begun = time.GetTimestamp();
            return _last = ReadAsync();
        }
    }

    private async Task<T> ReadAsync()
    {
        using var patience = new CancellationTokenSource(s_patience, time);
        return await read(patience.Token).ConfigureAwait(false);
    }
}
