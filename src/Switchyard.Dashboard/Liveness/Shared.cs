namespace Switchyard.Dashboard.Liveness;

/// <summary>
/// Figures that all users of a page share: they are read once for each beat, however many users there are. A caller that comes during a
/// reading waits for the same one. A failed reading is not kept, and none that began before a change that a page has made. Thread-safe.
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
    private int _changes;

    /// <summary>The figures of the reading in progress, or of one that began less than 1 second ago, and after the last change.</summary>
    public async Task<T> GetAsync()
    {
        while (true)
        {
            var (reading, changes) = Begin();
            var figures = await reading.ConfigureAwait(false);
            if (changes == Volatile.Read(ref _changes))
                return figures;
        }
    }

    /// <summary>
    /// Says that a page has changed what the figures are about: those that were read, or are being read, are not shown any more.
    /// </summary>
    public void Forget()
    {
        lock (_gate)
        {
            _changes++;
            _last = null;
        }
    }

    private (Task<T> Reading, int Changes) Begin()
    {
        lock (_gate)
        {
            if (_last is { } last && (!last.IsCompleted || (last.IsCompletedSuccessfully && time.GetElapsedTime(_begun) < s_keep)))
                return (last, _changes);
            _begun = time.GetTimestamp();
            return (_last = ReadAsync(), _changes);
        }
    }

    private async Task<T> ReadAsync()
    {
        using var patience = new CancellationTokenSource(s_patience, time);
        return await read(patience.Token).ConfigureAwait(false);
    }
}
