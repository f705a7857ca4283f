using Microsoft.Extensions.Logging;
using Switchyard.Money;
using Switchyard.Storage.Journal;

namespace Switchyard.Storage.Ledger;

/// <summary>
/// The thread that writes the ledger: all records since the last time, in one commit. While a commit fails, because the disk is full or
/// the file is locked, everything stays in the journal and is tried again. Thread-safe.
/// </summary>
internal sealed partial class LedgerWriter : IAsyncDisposable
{
    private const string Waiting = "The ledger's file cannot be written: nothing was written for ten seconds.";

    private const string Missing =
        "The ledger's file was deleted, moved away or replaced: if it is not back before the gateway ends, only its last calls are kept.";

    /// <summary>How long records are gathered before they are written if no caller waits, 100 ms.</summary>
    private static readonly TimeSpan s_gather = TimeSpan.FromMilliseconds(100);

    /// <summary>How long a caller waits while commits fail, 10 s.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    /// <summary>How long to wait before a commit that failed is tried again, 200 ms.</summary>
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(200);

    private readonly LedgerDatabase _database;
    private readonly CallJournal _journal;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Thread _thread;
    private readonly AutoResetEvent _wake = new(false);
    private readonly Lock _gate = new();
    private List<TaskCompletionSource> _waiting = [];
    private List<Action<LedgerDatabase>> _asked = [];
    private bool _stops;
    private volatile LedgerTrouble? _trouble;
    private JournalSegment? _uncleared;
    private int _saidFull;

    /// <summary>Starts the thread.</summary>
    public LedgerWriter(LedgerDatabase database, CallJournal journal, TimeProvider time, ILogger logger)
    {
        (_database, _journal, _time, _logger) = (database, journal, time, logger);
        _thread = new Thread(Run) { IsBackground = true, Name = "ledger" };
        _thread.Start();
    }

    /// <summary>Raised after each batch that the database has, on the writer's thread.</summary>
    public event Action? Written;

    /// <summary>Why the file cannot be written, or why it will not outlive the process; null if all is well.</summary>
    public LedgerTrouble? Trouble => _trouble;

    /// <summary>Appends a record to the journal, where it survives the end of the process; if that is full, to memory only.</summary>
    public void Append(JournalRecord record)
    {
        if (!_journal.TryAppend(record) && Interlocked.Exchange(ref _saidFull, 1) == 0)
            LogFull();
    }

    /// <summary>Completes when everything appended so far is on disk.</summary>
    /// <exception cref="IOException">It could not be written.</exception>
    public async ValueTask FlushAsync()
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stops, this);
            _waiting.Add(done);
        }

        _wake.Set();
        try
        {
            await done.Task.WaitAsync(s_patience, _time).ConfigureAwait(false);
        }
        catch (TimeoutException e)
        {
            // SQLite waits for a locked file for 30 seconds: until it gives up, further calls would be sent, and their answers held back.
            NoteFailure(e);
            throw new IOException("The ledger cannot be written.", e);
        }
    }

    /// <summary>Runs a function on the writer's thread, after everything appended before has been written.</summary>
    public async ValueTask<T> AskAsync<T>(Func<LedgerDatabase, T> question)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stops, this);
            _asked.Add(database =>
            {
                try
                {
                    done.SetResult(question(database));
                }
                catch (Exception e)
                {
                    done.SetException(e);
                }
            });
        }

        _wake.Set();
        return await done.Task.ConfigureAwait(false);
    }

    /// <summary>
    /// As <see cref="AskAsync{T}"/>, for a question that changes nothing: its caller does not wait until a locked file, or a full disk, can
    /// be written again.
    /// </summary>
    /// <exception cref="TimeoutException">Nothing could be written for ten seconds.</exception>
    public async ValueTask<T> ReadAsync<T>(Func<LedgerDatabase, T> question, CancellationToken cancellationToken) =>
        await AskAsync(question).AsTask().WaitAsync(s_patience, _time, cancellationToken).ConfigureAwait(false);

    /// <summary>Writes what is left, and ends. A second call does nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (_stops)
                return;
            _stops = true;
        }

        _wake.Set();
        await Task.Run(_thread.Join).ConfigureAwait(false);
        _wake.Dispose();
    }

    private void Run()
    {
        while (true)
        {
            _wake.WaitOne(s_gather);
            bool stops;
            List<TaskCompletionSource> waiting;
            List<Action<LedgerDatabase>> asked;
            lock (_gate)
            {
                stops = _stops;
                (waiting, _waiting) = (_waiting, []);
                (asked, _asked) = (_asked, []);
            }

            if (!WriteAll())
            {
                GiveUp(waiting, asked);
                return;
            }

            waiting.ForEach(done => done.TrySetResult());
            asked.ForEach(ask => ask(_database));
            if (stops)
                return;
        }
    }

    /// <summary>Fails the waiting flushes, because nothing more is written: the next process reads it from the journal.</summary>
    private void GiveUp(List<TaskCompletionSource> waiting, List<Action<LedgerDatabase>> asked)
    {
        lock (_gate)
        {
            waiting.AddRange(_waiting);
            asked.AddRange(_asked);
        }

        waiting.ForEach(done => done.TrySetException(new IOException("The ledger cannot be written.")));
        asked.ForEach(ask => ask(_database));
    }

    /// <summary>
    /// Writes what is pending, and clears the segment of the journal that it came from; false if it is not written and the process ends.
    /// </summary>
    private bool WriteAll()
    {
        if (_journal.Pending.IsEmpty)
        {
            // It may go or be back while there are no calls, and the next strict one must not be sent then.
            LookForFile();
            return true;
        }

        var turned = _uncleared ?? _journal.TryTurn();
        if (turned is not null)
        {
            var spin = new SpinWait();
            while (turned.IsBusy)
                spin.SpinOnce();
        }

        if (!TryWrite())
            return false;
        if (LookForFile())
        {
            turned?.Clear();
            _uncleared = null;
            Volatile.Write(ref _saidFull, 0);
        }
        else
        {
            // A file without a name ends with the process: until it is back, the journal is what the next process reads.
            _uncleared = turned;
        }

        Written?.Invoke();
        return true;
    }

    /// <summary>Writes what is pending, and tries again after each failure; false if the process ends before it is written.</summary>
    private bool TryWrite()
    {
        var (begun, ended) = Take();
        for (var tries = 0; ; tries++)
        {
            try
            {
                _database.Write(begun.Values, ended, _time.GetUtcNow());
                return true;
            }
            catch (Exception e)
            {
                NoteFailure(e);
                if (tries > 3 && Stops())
                    return false;
                _wake.WaitOne(s_pause);
            }
        }
    }

    /// <summary>Begins the trouble of a file that cannot be written. It ends once something was written.</summary>
    private void NoteFailure(Exception failure)
    {
        var reason = failure is TimeoutException ? Waiting : $"The ledger's file cannot be written: {failure.Message}";
        lock (_gate)
        {
            // Only two reasons are replaced: a wait, whose cause is known later, and a file that was missing and now fails.
            if (_trouble is { } known && (reason == Waiting || known.Reason is not (Waiting or Missing)))
                return;
            LogFailed(failure);
            _trouble = new() { Reason = reason, Since = _trouble?.Since ?? _time.GetUtcNow(), StopsDurableCalls = true };
        }
    }

    /// <summary>
    /// Ends the trouble, or begins the one of a file that was deleted, moved away or replaced: SQLite goes on writing to it, and only the
    /// journal of the last calls is left after a restart.
    /// </summary>
    /// <returns>Whether the file is in its place.</returns>
    private bool LookForFile()
    {
        var isInPlace = _database.IsInPlace;
        lock (_gate)
        {
            if (isInPlace)
            {
                if (_trouble is not null)
                    LogWritten();
                _trouble = null;
            }
            else if (_trouble?.Reason != Missing)
            {
                LogMissing(_database.File);
                _trouble = new() { Reason = Missing, Since = _time.GetUtcNow(), StopsDurableCalls = true };
            }
        }

        return isInPlace;
    }

    // Checked at each try: the process may begin to end long after a commit has begun to fail.
    private bool Stops()
    {
        lock (_gate)
            return _stops;
    }

    /// <summary>Takes the pending records. A call that has ended by now is not an intent.</summary>
    private (Dictionary<Guid, LedgerEntry> Begun, List<LedgerEntry> Ended) Take()
    {
        var begun = new Dictionary<Guid, LedgerEntry>();
        var ended = new List<LedgerEntry>();
        while (_journal.Pending.TryDequeue(out var record))
        {
            if (record.IsIntent)
            {
                begun[record.Entry.Call] = record.Entry;
                continue;
            }

            begun.Remove(record.Entry.Call);
            ended.Add(record.Entry);
        }

        return (begun, ended);
    }

    [LoggerMessage(1, LogLevel.Error, "The ledger cannot be written; calls continue, and are kept in the journal until it can")]
    private partial void LogFailed(Exception e);

    [LoggerMessage(2, LogLevel.Information, "The ledger can be written again")]
    private partial void LogWritten();

    [LoggerMessage(4, LogLevel.Error,
        "The ledger's file {File} was deleted, moved away or replaced while it is in use; move it back: otherwise only its last calls are "
            + "kept when this process ends")]
    private partial void LogMissing(string file);

    [LoggerMessage(3, LogLevel.Error, "The journal is full: until the ledger can be written, calls are kept only in memory")]
    private partial void LogFull();
}
