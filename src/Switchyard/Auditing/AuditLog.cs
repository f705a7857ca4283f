using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Switchyard.Common;

namespace Switchyard.Auditing;

/// <summary>
/// The changes of a running engine, by whom and when, each entry chained to the one before by its hash. Kept in the host's
/// store (<c>storage.ledger</c>) if it has one, else the last 10,000 in memory. Thread-safe.
/// </summary>
/// <remarks>
/// An unavailable store stops no change: the entries are held, up to a bound, and written with the next entry. Entries cut off
/// at the end cannot be detected from the remaining ones; to detect that, store <see cref="AuditVerdict.LastHash"/> elsewhere.
/// </remarks>
public sealed partial class AuditLog : IDisposable
{
    private const int MostWaiting = 1_000;
    private const int PageOfVerify = 1_000;

    private readonly IAuditStore _store;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly SecretRedactor _secrets;
    private readonly SemaphoreSlim _turns = new(1, 1);
    private readonly Queue<(AuditFact Fact, DateTimeOffset Time)> _waiting = [];

    /// <summary>A log.</summary>
    /// <param name="store">The store of the log; null keeps it in memory.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Logs an unavailable store; null logs nothing.</param>
    /// <param name="secrets">Masks the host's secrets anywhere in an entry; null masks none.</param>
    public AuditLog(IAuditStore? store, TimeProvider time, ILogger<AuditLog>? logger = null, SecretRedactor? secrets = null)
    {
        _secrets = secrets ?? new SecretRedactor();
        IsKept = store is not null;
        (_store, _time, _logger) = (store ?? new MemoryAuditStore(), time, logger ?? NullLogger<AuditLog>.Instance);
    }

    /// <summary>Whether entries outlive the process.</summary>
    public bool IsKept { get; }

    /// <summary>Writes an entry. An unavailable store is logged, and the entry is written when the store is back.</summary>
    public async Task RecordAsync(AuditFact fact)
    {
        ArgumentNullException.ThrowIfNull(fact);
        await _turns.WaitAsync().ConfigureAwait(false);
        try
        {
            var clean = fact with
            {
                Target = _secrets.Redact(fact.Target),
                Changes = fact.Changes is { } changes ? _secrets.Redact(changes) : null,
            };
            _waiting.Enqueue((clean, _time.GetUtcNow()));
            if (_waiting.Count > MostWaiting && _waiting.TryDequeue(out var lost))
                LogLost(lost.Fact.Who, lost.Fact.Operation, lost.Fact.Target);
            await _store.AppendAsync(Chain, CancellationToken.None).ConfigureAwait(false);
            _waiting.Clear();
        }
        catch (Exception away)
        {
            LogAway(away, _waiting.Count);
        }
        finally
        {
            _turns.Release();
        }
    }

    /// <summary>A page of entries, the newest first.</summary>
    /// <param name="before">Only those with a lower number; null for the newest.</param>
    /// <param name="limit">The most entries.</param>
    /// <param name="cancellationToken">Ends the wait for the store.</param>
    /// <exception cref="AuditException">The store is unavailable.</exception>
    public Task<IReadOnlyList<AuditEntry>> ListAsync(long? before, int limit, CancellationToken cancellationToken) =>
        ReadAsync(() => _store.ReadBeforeAsync(before ?? long.MaxValue, limit, cancellationToken));

    /// <summary>Verifies that every entry is as it was written and follows the one before.</summary>
    /// <exception cref="AuditException">The store is unavailable.</exception>
    public async Task<AuditVerdict> VerifyAsync(CancellationToken cancellationToken)
    {
        AuditEntry? last = null;
        long count = 0;
        while (true)
        {
            var after = last?.Number ?? 0;
            var page = await ReadAsync(() => _store.ReadAfterAsync(after, PageOfVerify, cancellationToken)).ConfigureAwait(false);
            foreach (var entry in page)
            {
                count++;
                if (FindProblem(last, entry) is { } problem)
                    return new() { IsWhole = false, Entries = count, LastHash = last?.Hash, FirstBroken = entry.Number, Problem = problem };
                last = entry;
            }

            if (page.Count == 0)
                return new() { IsWhole = true, Entries = count, LastHash = last?.Hash };
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _turns.Dispose();

    private string? FindProblem(AuditEntry? last, AuditEntry entry) =>
        entry.Hash != entry.ComputeHash() ? "It was changed after it was written: its hash does not match."
        // In memory the oldest are dropped.
        : last is null ? IsKept && entry is not { Number: 1, Previous: "" } ? "The entries before it are missing." : null
        : entry.Number != last.Number + 1 ? $"The entries between {last.Number} and {entry.Number} are missing."
        : entry.Previous != last.Hash ? "It does not follow the entry before it: that one has been changed."
        : null;

    private List<AuditEntry> Chain(AuditEntry? last)
    {
        var entries = new List<AuditEntry>(_waiting.Count);
        foreach (var (fact, time) in _waiting)
            entries.Add(last = AuditEntry.After(last, fact, time));
        return entries;
    }

    private async Task<IReadOnlyList<AuditEntry>> ReadAsync(Func<Task<IReadOnlyList<AuditEntry>>> read)
    {
        try
        {
            return await read().ConfigureAwait(false);
        }
        catch (Exception away) when (away is not OperationCanceledException)
        {
            LogUnread(away);
            throw new AuditException("The audit log cannot be read: its database (storage.ledger) is unavailable. The log says why.", away);
        }
    }

    [LoggerMessage(1, LogLevel.Error, "The audit log's store is unavailable; {Count} entries wait to be written")]
    private partial void LogAway(Exception cause, int count);

    [LoggerMessage(2, LogLevel.Error,
        "An entry of the audit log was lost because its store was unavailable for too long: {Who} {Operation} {Target}")]
    private partial void LogLost(string who, string operation, string target);

    [LoggerMessage(3, LogLevel.Error, "The audit log cannot be read")]
    private partial void LogUnread(Exception cause);
}

/// <summary>The audit log cannot be read.</summary>
/// <param name="message">The reason, and how to fix it.</param>
/// <param name="cause">What was thrown.</param>
public sealed class AuditException(string message, Exception cause) : Exception(message, cause);
