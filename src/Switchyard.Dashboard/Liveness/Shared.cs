namespace Switchyard.Dashboard.Liveness;

/// <summary>
/// Figures that all who look at a page share: however many they are, they are read once for each beat. Whoever comes while they are being
/// read waits for the same reading. A reading that failed is not kept. Thread-safe.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="read">Reads them. It is not cancelled when one of those who wait leaves.</param>
internal sealed class Shared<T>(TimeProvider time, Func<CancellationToken, Task<T>> read)
{
    // Shorter than a beat, so that each finds new figures.
    private static readonly TimeSpan s_keep = Pulse.Period / 2;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private Task<T>? _last;
    private long _begun;

    /// <summary>The figures, at most a second old.</summary>
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
