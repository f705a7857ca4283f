using Microsoft.Extensions.Logging;
using Switchyard.Money;

namespace Switchyard.Stored;

/// <summary>
/// Asks providers for the answers in the background that no client has read to their end, so that these are charged as well: ten minutes
/// after the request, then after twice as long each time and at least once a day, for 30 days. What an answer says is not kept. Of several
/// processes that share the store, one asks for each answer. Thread-safe.
/// </summary>
/// <param name="background">Has the store.</param>
/// <param name="readAsync">Reads one answer as its owner; it is charged by that.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Logs what is not charged.</param>
internal sealed partial class BackgroundCollector(
    BackgroundAnswers background,
    Func<BackgroundRecord, CancellationToken, Task> readAsync,
    TimeProvider time,
    ILogger logger) : IAsyncDisposable
{
    private const int MostAtOnce = 20;

    private static readonly TimeSpan s_every = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(1);
    private static readonly TimeSpan s_sweep = TimeSpan.FromHours(1);

    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;
    private DateTimeOffset _swept;

    /// <summary>Begins, if there is a store.</summary>
    public void Start()
    {
        if (background.Store is not null)
            _running = RunAsync();
    }

    /// <summary>Reads the answers that are due now, and deletes those that are too old.</summary>
    public async Task CollectAsync(CancellationToken cancellationToken)
    {
        if (background.Store is not { } store)
            return;
        var now = time.GetUtcNow();
        var due = await store.TakeDueAsync(now, BackgroundAnswers.FirstDue, s_longest, MostAtOnce, cancellationToken).ConfigureAwait(false);
        foreach (var answer in due)
        {
            try
            {
                await readAsync(answer, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                LogNotRead(answer.Id, answer.Provider, e.GetType().Name);
            }
        }

        if (now - _swept < s_sweep)
            return;
        foreach (var lost in await store.DeleteAsync(now - BackgroundAnswers.KeptFor, cancellationToken).ConfigureAwait(false))
            LogNotCharged(lost.Id, lost.Provider, lost.Owed!.RequestId);
        _swept = now;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(s_every, time);
        while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false))
        {
            try
            {
                await CollectAsync(_stop.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (!_stop.IsCancellationRequested)
            {
                LogNotCollected(e.GetType().Name);
            }
        }
    }

    [LoggerMessage(1, LogLevel.Debug, "The background answer {Id} of {Provider} could not be read ({Reason}): it is asked for again")]
    private partial void LogNotRead(string id, string provider, string reason);

    [LoggerMessage(2, LogLevel.Warning,
        "The background answer {Id} of {Provider} (call {RequestId}) was not charged: in 30 days its provider did not say what it used")]
    private partial void LogNotCharged(string id, string provider, string requestId);

    [LoggerMessage(3, LogLevel.Debug, "The background answers that are due could not be read from the database ({Reason})")]
    private partial void LogNotCollected(string reason);
}
