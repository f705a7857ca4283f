using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Switchyard.Calls;
using Switchyard.Common;
using Switchyard.Targets;

namespace Switchyard.Money;

/// <summary>
/// The answers that providers make in the background and whose usage is not known yet: in memory and, with a ledger in a database, in its
/// store, so that they outlive the process and other processes can charge them. Thread-safe.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="store">The store; null if there is none.</param>
/// <param name="logger">Logs while the store cannot be written.</param>
internal sealed partial class BackgroundAnswers(TimeProvider time, IBackgroundStore? store, ILogger logger) : IAsyncDisposable
{
    // About 16,000 answers.
    private const long MaxBytes = 32 * 1024 * 1024;

    private const long EntryBytes = 2000;

    /// <summary>How long an answer and its owner are known.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromDays(30);

    /// <summary>
    /// After this time the provider is asked for an answer that no client has read to its end, and then again after twice as long each
    /// time.
    /// </summary>
    public static readonly TimeSpan FirstDue = TimeSpan.FromMinutes(10);

    /// <summary>How long a request for an answer in the background, or a call that continues an answer, waits for the store.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_lastPatience = TimeSpan.FromSeconds(5);

    private readonly BoundedStore<BackgroundAnswer> _answers = new(MaxBytes, KeptFor, time);
    private readonly ConcurrentDictionary<Task, bool> _pending = new();
    private readonly CancellationTokenSource _stop = new();
    private volatile bool _isKept;
    private int _isDisposed;

    /// <summary>The store; null if what is owed is in memory only.</summary>
    public IBackgroundStore? Store => _isKept ? store : null;

    /// <summary>Uses the store from now on: the ledger is open.</summary>
    public void Open() => _isKept = store is not null;

    /// <summary>Adds an answer to memory.</summary>
    public void Add(BackgroundAnswer answer) => _answers.Set(KeyOf(answer.Provider, answer.Id), answer, EntryBytes);

    /// <summary>
    /// Records answers in the store, and completes when both this and what may only follow it are done. While the store is away it is tried
    /// again; an answer that the store refuses for its content is left out.
    /// </summary>
    /// <param name="answers">The answers.</param>
    /// <param name="then">What follows; null for nothing.</param>
    public Task KeepAsync(IReadOnlyList<BackgroundRecord> answers, Func<ValueTask>? then = null)
    {
        var keeping = KeepUntilDoneAsync(answers, then);
        if (!keeping.IsCompleted)
        {
            _pending.TryAdd(keeping, true);
            _ = keeping.ContinueWith(
                done => _pending.TryRemove(done, out _), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }

        return keeping;
    }

    /// <summary>The answer of an id, if its usage is still to be charged; null for any other.</summary>
    public async ValueTask<BackgroundAnswer?> FindAsync(string provider, string id, CancellationToken cancellationToken)
    {
        var key = KeyOf(provider, id);
        if (!_answers.IsEmpty && _answers.TryGet(key, out var answer))
            return answer;
        if (Store is not { } kept)
            return null;
        try
        {
            var found = await kept.FindAsync(id, cancellationToken).ConfigureAwait(false);
            if (found?.Owed is not { } owed || !string.Equals(found.Provider, provider, StringComparison.OrdinalIgnoreCase))
                return null;
            answer = new BackgroundAnswer
            {
                Id = id, Provider = provider, Entry = owed, ServiceTier = found.ServiceTier, Accounts = found.Accounts, Record = found,
            };
            // Another reader may have added it meanwhile: the ledger then lets only one of both charge it.
            Add(answer);
            return answer;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // The client gets its answer anyway; it is charged when it is read again, or when the provider is asked for it.
            LogNotFound(id, FailureWords.Of(e));
            return null;
        }
    }

    /// <summary>Removes an answer that is charged.</summary>
    public async Task RemoveAsync(BackgroundAnswer answer)
    {
        // The store first: until it is done, another reader must find the object that is claimed already.
        if (Store is { } kept)
            await kept.CloseAsync(answer.Id, CancellationToken.None).ConfigureAwait(false);
        _answers.Remove(KeyOf(answer.Provider, answer.Id));
    }

    /// <summary>Waits a little for what is not recorded yet. The calls of the rest stay unknown in the ledger.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        try
        {
            await Task.WhenAll(_pending.Keys).WaitAsync(s_lastPatience, time).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // The store is away, which is logged.
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_pending.Keys).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task KeepUntilDoneAsync(IReadOnlyList<BackgroundRecord> answers, Func<ValueTask>? then)
    {
        // The last call has ended before this is disposed, so the source is not used afterwards.
        var stop = _stop.Token;
        for (var (next, isSaid) = (0, false); next < answers.Count;)
        {
            try
            {
                await store!.AddAsync(answers[next], answers[next].At + FirstDue, stop).ConfigureAwait(false);
                next++;
                continue;
            }
            catch (ArgumentException e)
            {
                // It is still in memory, and its call must not stay open for ever because of it.
                LogRefused(answers[next].Id, answers[next].Provider, e.Message);
                next++;
                continue;
            }
            catch (Exception e) when (!stop.IsCancellationRequested)
            {
                if (!isSaid)
                    LogNotKept(answers[next].Id, e.GetType().Name);
                isSaid = true;
            }

            await Task.Delay(s_pause, time, stop).ConfigureAwait(false);
        }

        if (then is not null)
            await then().ConfigureAwait(false);
    }

    private static string KeyOf(string provider, string id) => $"{provider}\n{id}";

    [LoggerMessage(1, LogLevel.Warning,
        "The background answer {Id} could not be recorded ({Reason}): its call stays open in the ledger until the database is back")]
    private partial void LogNotKept(string id, string reason);

    [LoggerMessage(3, LogLevel.Error,
        "The background answer {Id} of {Provider} can never be recorded ({Reason}): only a read before the process ends charges it")]
    private partial void LogRefused(string id, string provider, string reason);

    [LoggerMessage(2, LogLevel.Warning,
        "Whether the background answer {Id} is still to be charged could not be read ({Reason}): it is charged later")]
    private partial void LogNotFound(string id, string reason);
}

/// <summary>
/// An answer that its provider makes in the background: what is needed to charge it to the call that asked for it. It does not refer to
/// that call. Immutable except for its two claims; thread-safe.
/// </summary>
internal sealed class BackgroundAnswer
{
    private int _isClaimed;
    private int _isFollowed;

    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>The provider that makes it.</summary>
    public required string Provider { get; init; }

    /// <summary>
    /// Its line in the ledger, without usage: a further line of the call that asked for it. If it is written twice, it counts once.
    /// </summary>
    public required LedgerEntry Entry { get; init; }

    /// <summary>The target that makes it; null if another process began it.</summary>
    public Deployment? Target { get; init; }

    /// <summary>The requested service tier; null if the client left it to the provider.</summary>
    public string? ServiceTier { get; init; }

    /// <summary>The accounts that the call counted for: their budgets, and the owner if a budget has an account for each.</summary>
    public IReadOnlyList<(string Budget, string? Scope)> Accounts { get; init; } = [];

    /// <summary>What the store has of it; null if it is in memory only.</summary>
    public BackgroundRecord? Record { get; init; }

    /// <summary>Claims it: true only for the first reader that has seen its usage.</summary>
    public bool TryClaim() => Interlocked.Exchange(ref _isClaimed, 1) == 0;

    /// <summary>Releases the claim: it could not be charged, and the next reader tries again.</summary>
    public void Unclaim() => Volatile.Write(ref _isClaimed, 0);

    /// <summary>Begins to read its stream without a client: true only for one reader at a time.</summary>
    public bool TryFollow() => Interlocked.Exchange(ref _isFollowed, 1) == 0;

    /// <summary>Ends what <see cref="TryFollow"/> began.</summary>
    public void Unfollow() => Volatile.Write(ref _isFollowed, 0);
}
