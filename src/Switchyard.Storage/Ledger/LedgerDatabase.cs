using System.Buffers;
using Microsoft.Data.Sqlite;
using Switchyard.Canonical;
using Switchyard.Money;
using Switchyard.Storage.Databases;
using Switchyard.Storage.Journal;
using Switchyard.Storage.Migrations;

namespace Switchyard.Storage.Ledger;

/// <summary>The SQLite file of a ledger, for its one writer. Not thread-safe.</summary>
internal sealed class LedgerDatabase : IDisposable
{
    /// <summary>
    /// 16 MiB of pages in memory (SQLite's default is 2): the ends of the indexes, which every commit changes, are not read from the file
    /// again.
    /// </summary>
    private const int CacheKibibytes = 16 * 1024;

    /// <summary>
    /// How many pages of 4 KiB are written to the WAL file before they are copied into the database (SQLite's default is 1,000, which is a
    /// commit or two under load): a page that several commits change is copied once.
    /// </summary>
    private const int CopyAfterPages = 8_000;

    /// <summary>How long an account is read at a start after its last entry: longer than the longest period that ends.</summary>
    private static readonly TimeSpan s_accountsReadFor = TimeSpan.FromDays(63);

    private readonly SqliteConnection _connection;
    private readonly bool _isCopied;
    // SQLite also takes names that are no paths, such as file:ledger.db.
    private readonly bool _isPath;
    private readonly Func<string, bool> _isOfConversation;
    private readonly PreparedStatement _insert;
    private readonly PreparedStatement _intend;
    private readonly PreparedStatement _forget;

    // The calls that have a row in the table intents. Most end before they get one, and then there is no row to delete.
    private readonly HashSet<Guid> _intents = [];

    private LedgerDatabase(string file, SqliteConnection connection, bool isCopied, Func<string, bool> isOfConversation)
    {
        (File, _connection, _isCopied, _isOfConversation) = (file, connection, isCopied, isOfConversation);
        _isPath = System.IO.File.Exists(file);
        _insert = EntryTable.Insert(connection);
        _intend = new(connection, "insert or replace into intents (call, entry) values (?, ?)");
        _forget = new(connection, "delete from intents where call = ?");
    }

    /// <summary>This ledger's id among those that share a database: it stays the same as long as the file exists.</summary>
    public Guid Node { get; private set; }

    /// <summary>The file's path.</summary>
    public string File { get; }

    /// <summary>
    /// Whether the open file is the one at the path: one that is deleted, moved away or replaced stays open, and is written all the same.
    /// </summary>
    public bool IsInPlace => !_isPath || !(OpenFile.HasMoved(_connection) ?? !System.IO.File.Exists(File));

    /// <summary>Opens or creates the file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="isDurable">Whether a commit survives a loss of power.</param>
    /// <param name="isCopied">Whether it is copied to another database, which then keeps the sums.</param>
    /// <param name="isOfConversation">
    /// Whether an account belongs to one conversation and has a period that never ends; null if none does. Such an account is forgotten
    /// when it was not used for as long as accounts are read.
    /// </param>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static LedgerDatabase Open(string file, bool isDurable, bool isCopied, Func<string, bool>? isOfConversation = null)
    {
        SQLitePCL.Batteries_V2.Init();
        var connection = new SqliteConnection(LedgerAddress.ConnectionString(file));
        try
        {
            connection.Open();
            Execute(
                connection,
                $"pragma journal_mode = wal; pragma synchronous = {(isDurable ? "full" : "normal")}; pragma busy_timeout = 30000; "
                    + $"pragma cache_size = -{CacheKibibytes}; pragma wal_autocheckpoint = {CopyAfterPages};");
            Migrator.ApplyAsync(connection, CancellationToken.None).GetAwaiter().GetResult();
            var database = new LedgerDatabase(file, connection, isCopied, isOfConversation ?? (static _ => false));
            database.Node = database.FindNode();
            database.FindIntents();
            return database;
        }
        catch (SqliteException e)
        {
            connection.Dispose();
            throw new IOException($"The ledger {file} cannot be opened: {e.Message}", e);
        }
    }

    /// <summary>Writes a batch, whole or not at all.</summary>
    /// <param name="begun">Calls that have begun and not ended.</param>
    /// <param name="ended">Entries of calls that have ended.</param>
    /// <param name="now">The time.</param>
    /// <returns>The entries that are new.</returns>
    public IReadOnlyList<LedgerEntry> Write(IReadOnlyCollection<LedgerEntry> begun, IReadOnlyList<LedgerEntry> ended, DateTimeOffset now)
    {
        using var transaction = _connection.BeginTransaction();
        return Write(begun, ended, now, transaction);
    }

    /// <summary>Claims a name and writes entries, both or neither; false if the name was claimed before.</summary>
    public bool TryWriteOnce(string name, IReadOnlyList<LedgerEntry> entries, DateTimeOffset now)
    {
        using var transaction = _connection.BeginTransaction();
        if (!TryClaim(name, now, transaction))
            return false;
        Write([], entries, now, transaction);
        return true;
    }

    private List<LedgerEntry> Write(
        IReadOnlyCollection<LedgerEntry> begun, IReadOnlyList<LedgerEntry> ended, DateTimeOffset now, SqliteTransaction transaction)
    {
        var inserted = new List<LedgerEntry>(ended.Count);
        foreach (var entry in ended)
        {
            EntryTable.Bind(_insert, entry, Node);
            if (_insert.Run() > 0)
                inserted.Add(entry);
            if (!_intents.Contains(entry.Call))
                continue;
            _forget.Bind(entry.Call);
            _forget.Run();
        }

        foreach (var entry in begun)
        {
            var bytes = ArrayPool<byte>.Shared.Rent(EntryCodec.MaxSizeOf(entry));
            _intend.Bind(entry.Call);
            _intend.Bind(bytes.AsSpan(0, EntryCodec.Write(entry, bytes)));
            ArrayPool<byte>.Shared.Return(bytes);
            _intend.Run();
        }

        if (!_isCopied)
        {
            Account(inserted, now, transaction);
            Rollups.Add(_connection, transaction, inserted);
        }

        transaction.Commit();
        foreach (var entry in ended)
            _intents.Remove(entry.Call);
        foreach (var entry in begun)
            _intents.Add(entry.Call);
        return inserted;
    }

    /// <summary>Makes each call that had begun when the previous process ended an entry whose end is not known.</summary>
    public void TakeIntents(IEnumerable<LedgerEntry> journaled, DateTimeOffset now)
    {
        var open = new Dictionary<Guid, LedgerEntry>();
        using (var command = Command("select entry from intents", null))
        using (var reader = command.ExecuteReader())
        {
            while (reader.Read())
            {
                var entry = EntryCodec.Read((byte[])reader[0]);
                open[entry.Call] = entry;
            }
        }

        foreach (var entry in journaled)
            open[entry.Call] = entry;
        Write([], [.. open.Values], now);
    }

    /// <summary>What the accounts have spent, and the calls whose end is not known.</summary>
    public LedgerState ReadState(DateTimeOffset now)
    {
        var spent = new Dictionary<string, long>(StringComparer.Ordinal);
        var lengths = new HashSet<TimeSpan>();
        using (var command = Command(
            "select account, spent, updated from budget_accounts "
                + "where updated >= @since or account like '%|lifetime%' or account like '%|rolling-%'",
            null, "@since"))
        {
            var since = (now - s_accountsReadFor).ToUnixTimeMilliseconds();
            command.Parameters[0].Value = since;
            using var reader = command.ExecuteReader();
            while (reader.Read())
            {
                var account = reader.GetString(0);
                // The sum of a rolling account only grows, and most have spent nothing within their length: those take no memory.
                if (RollingAccount.LengthOf(account) is { } length)
                    lengths.Add(length);
                else if (reader.GetInt64(2) >= since || !_isOfConversation(account))
                    spent[account] = reader.GetInt64(1);
            }
        }

        var rolling = new Dictionary<string, IReadOnlyList<SpentThen>>(StringComparer.Ordinal);
        foreach (var length in lengths)
        {
            foreach (var (account, parts) in SpentWithin(length, now))
            {
                rolling[account] = parts;
                spent[account] = parts.Sum(then => then.Amount);
            }
        }

        return new LedgerState { Spent = spent, Unknown = ReadUnknown(), Rolling = rolling };
    }

    /// <summary>The calls whose end is not known, oldest first.</summary>
    public IReadOnlyList<LedgerEntry> ReadUnknown()
    {
        var found = new List<LedgerEntry>();
        using var command = Command($"select {EntryReader.Columns} from entries where outcome = 0 order by seq", null);
        using var reader = command.ExecuteReader();
        while (reader.Read())
            found.Add(EntryReader.Read(reader));
        return found;
    }

    /// <summary>Sets the cost of a call whose end is not known; null if there is no such call.</summary>
    public LedgerEntry? Resolve(Guid call, long cost, DateTimeOffset now)
    {
        if (ReadUnknown().FirstOrDefault(entry => entry.Call == call) is not { } unknown)
            return null;
        using var transaction = _connection.BeginTransaction();
        using (var update = Command(
            "update entries set outcome = 5, cost = @cost, request_cost = @cost, unpriced = 0 where call = @call and outcome = 0",
            transaction, "@cost", "@call"))
        {
            update.Parameters[0].Value = cost;
            update.Parameters[1].Value = call.ToByteArray(bigEndian: true);
            if (update.ExecuteNonQuery() == 0)
                return null;
        }

        var resolved = unknown with { Outcome = LedgerOutcome.Resolved, Cost = new() { Request = cost }, Unpriced = Unpriced.None };
        Account([resolved], now, transaction);
        Rollups.ReplaceAsync(_connection, transaction, [unknown], [resolved], CancellationToken.None).GetAwaiter().GetResult();
        transaction.Commit();
        return resolved;
    }

    /// <summary>Books every unknown call that began before a time at its worst case.</summary>
    public IReadOnlyList<LedgerEntry> BookUnknown(DateTimeOffset startedBefore, DateTimeOffset now)
    {
        var old = ReadUnknown().Where(entry => entry.StartedAt < startedBefore).ToList();
        foreach (var entry in old)
            Resolve(entry.Call, entry.WorstCase, now);
        return old;
    }

    /// <summary>Claims a name; false if it was claimed before.</summary>
    public bool TryClaim(string name, DateTimeOffset now) => TryClaim(name, now, null);

    private bool TryClaim(string name, DateTimeOffset now, SqliteTransaction? transaction)
    {
        using var claim = Command("insert or ignore into claims (name, claimed) values (@name, @now)", transaction, "@name", "@now");
        claim.Parameters[0].Value = name;
        claim.Parameters[1].Value = now.ToUnixTimeMilliseconds();
        return claim.ExecuteNonQuery() > 0;
    }

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        _insert.Dispose();
        _intend.Dispose();
        _forget.Dispose();
        _connection.Dispose();
    }

    private void Account(List<LedgerEntry> entries, DateTimeOffset now, SqliteTransaction transaction)
    {
        Dictionary<string, long>? spent = null;
        foreach (var entry in entries)
        {
            foreach (var account in entry.Budgets)
                (spent ??= new(StringComparer.Ordinal))[account] = spent.GetValueOrDefault(account) + entry.Cost.Total;
        }

        if (spent is null)
            return;
        using var add = Command(
            "insert into budget_accounts (account, updated, spent) values (@account, @now, @spent) "
                + "on conflict (account) do update set updated = excluded.updated, "
                + "spent = excluded.spent + case when updated < @since then 0 else spent end",
            transaction, "@account", "@now", "@spent", "@since");
        var since = (now - s_accountsReadFor).ToUnixTimeMilliseconds();
        foreach (var (account, amount) in spent)
        {
            add.Parameters[0].Value = account;
            add.Parameters[1].Value = now.ToUnixTimeMilliseconds();
            add.Parameters[2].Value = amount;
            // As at a start: what a conversation spent so long ago no longer counts when it is continued.
            add.Parameters[3].Value = _isOfConversation(account) ? since : long.MinValue;
            add.ExecuteNonQuery();
        }
    }

    /// <summary>What accounts with a rolling period have spent within it, by its parts: all accounts in one pass.</summary>
    private Dictionary<string, List<SpentThen>> SpentWithin(TimeSpan length, DateTimeOffset now)
    {
        var part = Math.Max(1, (long)length.TotalMilliseconds / RollingAccount.Parts);
        using var command = Command(
            "select budgets, started / @part, sum(cost) from entries where started >= @since and budgets like '%|rolling-%' "
                + "group by 1, 2 order by 2",
            null, "@part", "@since");
        command.Parameters[0].Value = part;
        command.Parameters[1].Value = (now - length).ToUnixTimeMilliseconds();
        var found = new Dictionary<string, List<SpentThen>>(StringComparer.Ordinal);
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            // The end of the part: an amount counts a little too long rather than too short.
            var then = new SpentThen(DateTimeOffset.FromUnixTimeMilliseconds((reader.GetInt64(1) + 1) * part), reader.GetInt64(2));
            foreach (var account in reader.GetString(0).Split('\n'))
            {
                if (RollingAccount.LengthOf(account) != length)
                    continue;
                if (!found.TryGetValue(account, out var parts))
                    found[account] = parts = [];
                parts.Add(then);
            }
        }

        return found;
    }

    private Guid FindNode()
    {
        using var find = Command("select value from settings where name = 'node'", null);
        if (find.ExecuteScalar() is string known)
            return Guid.Parse(known);
        var node = Guid.NewGuid();
        using var add = Command("insert into settings (name, value) values ('node', @node)", null, "@node");
        add.Parameters[0].Value = node.ToString();
        add.ExecuteNonQuery();
        return node;
    }

    private void FindIntents()
    {
        using var find = Command("select call from intents", null);
        using var reader = find.ExecuteReader();
        while (reader.Read())
            _intents.Add(new Guid((byte[])reader[0], bigEndian: true));
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private SqliteCommand Command(string sql, SqliteTransaction? transaction, params string[] parameters)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        command.Transaction = transaction;
        foreach (var name in parameters)
            command.Parameters.Add(new SqliteParameter { ParameterName = name });
        return command;
    }
}
