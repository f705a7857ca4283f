using Microsoft.Extensions.Logging;
using Switchyard.Common;
using Switchyard.Money;

namespace Switchyard.Stored;

/// <summary>
/// Asks providers for the answers in the background that no client has read to their end, so that these are charged as well: ten minutes
/// after the request, then after twice as long each time and at least once a day, for 30 days. What an answer says is not kept. Of several
/// processes that share the store, one asks for each answer. Each provider gets at most 8 such requests at a time, and none waits for
/// another provider. Thread-safe.
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
    // The number of answers that are taken from the store together. A provider for which more than its 8 requests wait is left out until
    // they are done, so that at most so many of each provider are in memory.
    private const int MostAtOnce = 100;

    private const int MostPerProvider = 8;

    private static readonly TimeSpan s_every = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(1);
    private static readonly TimeSpan s_sweep = TimeSpan.FromHours(1);

    private readonly CancellationTokenSource _stop = new();
    // Only the one loop uses it.
    private readonly Dictionary<string, Reads> _reads = [];
    private Task _running = Task.CompletedTask;
    private DateTimeOffset _swept;

    /// <summary>Begins, if there is a store.</summary>
    public void Start()
    {
        if (background.Store is not null)
            _running = RunAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(_reads.Values.SelectMany(reads => reads.Tasks)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Begins to read the answers that are due now, and deletes those that are too old.</summary>
    private async Task CollectAsync(IBackgroundStore store)
    {
        var now = time.GetUtcNow();
        foreach (var reads in _reads.Values)
            reads.Tasks.RemoveAll(read => read.IsCompleted);
        for (var isMore = true; isMore;)
        {
            var slow = _reads.Where(reads => reads.Value.Tasks.Count > MostPerProvider).Select(reads => reads.Key).ToList();
            var due = await store.TakeDueAsync(now, BackgroundAnswers.FirstDue, s_longest, MostAtOnce, slow, _stop.Token)
                .ConfigureAwait(false);
            foreach (var answer in due)
            {
                if (!_reads.TryGetValue(answer.Provider, out var reads))
                    _reads[answer.Provider] = reads = new();
                reads.Tasks.Add(ReadAsync(answer, reads.Places));
            }

            isMore = due.Count == MostAtOnce;
        }

        if (now - _swept < s_sweep)
            return;
        foreach (var lost in await store.DeleteAsync(now - BackgroundAnswers.KeptFor, _stop.Token).ConfigureAwait(false))
            LogNotCharged(lost.Id, lost.Provider, lost.Owed!.RequestId);
        _swept = now;
    }

    private async Task ReadAsync(BackgroundRecord answer, SemaphoreSlim places)
    {
        await places.WaitAsync(_stop.Token).ConfigureAwait(false);
        try
        {
            await readAsync(answer, _stop.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (!_stop.IsCancellationRequested)
        {
            LogNotRead(answer.Id, answer.Provider, e.GetType().Name);
        }
        finally
        {
            places.Release();
        }
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(s_every, time);
        while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false))
        {
            try
            {
                if (background.Store is { } store)
                    await CollectAsync(store).ConfigureAwait(false);
            }
            catch (Exception e) when (!_stop.IsCancellationRequested)
            {
                LogNotCollected(FailureWords.Of(e));
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

    /// <summary>The reads at one provider: those that run, and those that wait for one of its places.</summary>
    private sealed class Reads
    {
        public SemaphoreSlim Places { get; } = new(MostPerProvider);

        public List<Task> Tasks { get; } = [];
    }
}
