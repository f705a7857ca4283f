using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Switchyard.Money;
using Switchyard.Storage.Journal;

namespace Switchyard.Storage.Ledger;

/// <summary>A ledger in a SQLite file that only this process uses. Thread-safe.</summary>
internal sealed class SqliteLedger : ILedger
{
    private readonly LedgerDatabase _database;
    private readonly CallJournal _journal;
    private readonly TimeProvider _time;
    private int _disposed;

    private SqliteLedger(LedgerDatabase database, CallJournal journal, TimeProvider time, ILogger logger)
    {
        (_database, _journal, _time) = (database, journal, time);
        Opening = database.ReadState(time.GetUtcNow());
        Writer = new LedgerWriter(database, journal, time, logger);
    }

    public LedgerState Opening { get; }

    public IBudgetShares? Shares => null;

    public LedgerTrouble? Trouble => Writer.Trouble;

    /// <summary>The thread that writes it.</summary>
    public LedgerWriter Writer { get; }

    /// <summary>The ledger's id among those that share a database.</summary>
    public Guid Node => _database.Node;

    /// <summary>Opens the file, and takes over the journal of the previous process.</summary>
    /// <exception cref="IOException">It cannot be opened, or another process has it.</exception>
    /// <param name="file">The file.</param>
    /// <param name="isDurable">Whether what is flushed survives a loss of power.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">The log.</param>
    /// <param name="isCopied">Whether it is copied to another database, which then keeps the sums.</param>
    /// <param name="isOfConversation">
    /// Whether an account belongs to one conversation and has a period that never ends; null if none does.
    /// </param>
    public static SqliteLedger Open(
        string file,
        bool isDurable,
        TimeProvider time,
        ILogger logger,
        bool isCopied = false,
        Func<string, bool>? isOfConversation = null)
    {
        var database = LedgerDatabase.Open(file, isDurable, isCopied, isOfConversation);
        CallJournal? journal = null;
        try
        {
            journal = CallJournal.Open(file, out var left);
            Recover(database, left, time.GetUtcNow());
            journal.Begin();
            return new SqliteLedger(database, journal, time, logger);
        }
        catch (Exception e)
        {
            journal?.Dispose();
            database.Dispose();
            if (e is SqliteException)
                throw new IOException($"The ledger {file} cannot be written: {e.Message}", e);
            if (e is InvalidDataException)
            {
                throw new IOException(
                    $"The calls that the previous process left with the ledger {file} cannot be read: {e.Message} "
                        + "Start the version that wrote them once, and stop it: it takes them over.",
                    e);
            }

            // With an inner exception, the journal was this process's and could not be written.
            if (e is not IOException { InnerException: null } || journal is not null)
                throw;
            throw new IOException(
                $"The ledger {file} is open in another process. Give each process its own file, or use one PostgreSQL database for all.",
                e);
        }
    }

    public void Begin(LedgerEntry intent) => Writer.Append(new JournalRecord(IsIntent: true, intent));

    public void Settle(IReadOnlyList<LedgerEntry> entries)
    {
        foreach (var entry in entries)
            Writer.Append(new JournalRecord(IsIntent: false, entry));
    }

    public async ValueTask SettleDurablyAsync(IReadOnlyList<LedgerEntry> entries)
    {
        Settle(entries);
        await Writer.FlushAsync().ConfigureAwait(false);
    }

    public ValueTask<IReadOnlyList<LedgerEntry>> FindUnknownAsync(CancellationToken cancellationToken) =>
        Writer.ReadAsync(database => database.ReadUnknown(), cancellationToken);

    public ValueTask<bool> ResolveAsync(Guid call, long cost, CancellationToken cancellationToken) =>
        Writer.AskAsync(database => database.Resolve(call, cost, _time.GetUtcNow()) is not null);

    public ValueTask<IReadOnlyList<LedgerEntry>> BookUnknownAsync(DateTimeOffset startedBefore, CancellationToken cancellationToken) =>
        Writer.AskAsync(database => database.BookUnknown(startedBefore, _time.GetUtcNow()));

    public ValueTask<bool> TryClaimAsync(string name, CancellationToken cancellationToken) =>
        Writer.AskAsync(database => database.TryClaim(name, _time.GetUtcNow()));

    public ValueTask<bool> TrySettleOnceAsync(
        string name, IReadOnlyList<LedgerEntry> entries, CancellationToken cancellationToken) =>
        Writer.AskAsync(database => database.TryWriteOnce(name, entries, _time.GetUtcNow()));

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        await Writer.DisposeAsync().ConfigureAwait(false);
        _journal.Dispose();
        _database.Dispose();
    }

    /// <summary>Writes the records that the previous process wrote to its journal and not to the database.</summary>
    private static void Recover(LedgerDatabase database, IReadOnlyList<JournalRecord> left, DateTimeOffset now)
    {
        var ended = left.Where(record => !record.IsIntent).Select(record => record.Entry).ToList();
        var known = ended.Select(entry => entry.Call).ToHashSet();
        database.Write([], ended, now);
        database.TakeIntents(
            left.Where(record => record.IsIntent && !known.Contains(record.Entry.Call)).Select(record => record.Entry), now);
    }
}
