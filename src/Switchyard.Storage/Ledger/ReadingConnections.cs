using System.Data;
using System.Data.Common;
using System.Globalization;
using System.Net.Sockets;
using Microsoft.Data.Sqlite;
using Npgsql;
using SQLitePCL;
using Switchyard.Money;
using Switchyard.Storage.Databases;

namespace Switchyard.Storage.Ledger;

/// <summary>
/// The connections on which the ledger is read, separate from those that write it: few, read-only, and ended when a query takes too
/// long. So a page can be slow, but never a call.
/// </summary>
internal sealed class ReadingConnections : IAsyncDisposable, IDisposable
{
    private const int Places = 4;

    private readonly TimeSpan _patience;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _places = new(Places);
    private readonly NpgsqlDataSource? _postgres;
    private readonly string? _sqlite;

    /// <summary>Prepares to read a ledger. Nothing is opened yet.</summary>
    /// <param name="ledger">The value of <c>storage.ledger</c>; null if there is no ledger.</param>
    /// <param name="patience">The longest time of a query.</param>
    /// <param name="time">The clock.</param>
    public ReadingConnections(string? ledger, TimeSpan patience, TimeProvider time)
    {
        (_patience, _time) = (patience, time);
        if (ledger is null)
            return;
        var address = LedgerAddress.Parse(ledger);
        if (address.Postgres is { } postgres)
            _postgres = SourceOf(postgres, patience);
        else
            _sqlite = ConnectionStringOf(address.File!);
    }

    /// <summary>Reads, from one snapshot of the database for any number of statements.</summary>
    /// <exception cref="LedgerException">There is no ledger, it is away, or the query takes too long.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public async Task<T> ReadAsync<T>(
        Func<DbConnection, DbTransaction, CancellationToken, Task<T>> read, CancellationToken cancellationToken)
    {
        if (_postgres is null && _sqlite is null)
        {
            throw new LedgerException(
                LedgerFailure.None,
                "There is no ledger: set storage.ledger, for example to sqlite:switchyard.db. It records the calls made from then on.");
        }

        using var clock = new CancellationTokenSource(_patience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(clock.Token, cancellationToken);
        try
        {
            await _places.WaitAsync(either.Token).ConfigureAwait(false);
            try
            {
                return _postgres is not null
                    ? await ReadPostgresAsync(read, either.Token).ConfigureAwait(false)
                    : await ReadSqliteAsync(read, either.Token).ConfigureAwait(false);
            }
            finally
            {
                _places.Release();
            }
        }
        catch (Exception failure) when (Reason(failure, clock.Token) is { } reason && !cancellationToken.IsCancellationRequested)
        {
            throw new LedgerException(reason, Words(reason, failure), failure);
        }
        catch (Exception failure) when (cancellationToken.IsCancellationRequested && IsInterruption(failure))
        {
            throw new OperationCanceledException("The reader of the ledger gave up.", failure, cancellationToken);
        }
    }

    public void Dispose()
    {
        _postgres?.Dispose();
        _places.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        if (_postgres is not null)
            await _postgres.DisposeAsync().ConfigureAwait(false);
        _places.Dispose();
    }

    // Separate methods: entering one that names its types loads the database's driver, which a gateway without a ledger does not need.
    private static NpgsqlDataSource SourceOf(string postgres, TimeSpan patience) => NpgsqlDataSource.Create(
        new NpgsqlConnectionStringBuilder(postgres)
        {
            ApplicationName = "switchyard reading",
            MaxPoolSize = Places,
            CommandTimeout = (int)patience.TotalSeconds + 5,
        });

    private static string ConnectionStringOf(string file) =>
        // Not opened read-only: such a connection cannot follow a file whose writer has gone.
        new SqliteConnectionStringBuilder(LedgerAddress.ConnectionString(file))
        {
            Mode = SqliteOpenMode.ReadWrite,
            DefaultTimeout = 5,
        }.ToString();

    private async Task<T> ReadPostgresAsync<T>(
        Func<DbConnection, DbTransaction, CancellationToken, Task<T>> read, CancellationToken cancellationToken)
    {
        var connection = await _postgres!.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken)
                .ConfigureAwait(false);
            await using (transaction.ConfigureAwait(false))
            {
                var guard = connection.CreateCommand();
                await using (guard.ConfigureAwait(false))
                {
                    // The database ends what takes too long, even if no client is left to cancel it. As options of the connection these
                    // would replace those of the address, and a pooler refuses them.
                    guard.CommandText = string.Create(
                        CultureInfo.InvariantCulture,
                        $"set transaction read only; set local statement_timeout = {(int)_patience.TotalMilliseconds}");
                    guard.Transaction = transaction;
                    await guard.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
                }

                return await read(connection, transaction, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>
    /// SQLite works on the calling thread for as long as a query takes. That is a separate thread, because a thread of the pool would be
    /// missing to the calls meanwhile, and of low priority, so that calls go first.
    /// </summary>
    private Task<T> ReadSqliteAsync<T>(
        Func<DbConnection, DbTransaction, CancellationToken, Task<T>> read, CancellationToken cancellationToken) => Task.Factory.StartNew(
        () => ThreadPriorities.RunBehindOthers(() =>
        {
            using var connection = new SqliteConnection(_sqlite);
            connection.Open();
            // SQLite does not check the token.
            using var ends = cancellationToken.Register(
                static handle => raw.sqlite3_interrupt((sqlite3)handle!), connection.Handle);
            using (var guard = connection.CreateCommand())
            {
                guard.CommandText = "pragma query_only = 1";
                guard.ExecuteNonQuery();
            }

            using var transaction = connection.BeginTransaction(deferred: true);
            // Nothing in it waits: SQLite completes synchronously.
            return read(connection, transaction, cancellationToken).GetAwaiter().GetResult();
        }),
        cancellationToken,
        TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach,
        TaskScheduler.Default);

    /// <summary>Whether SQLite was interrupted, which it reports as an error of the database.</summary>
    private static bool IsInterruption(Exception failure) => failure is SqliteException { SqliteErrorCode: raw.SQLITE_INTERRUPT };

    /// <summary>The failure of the ledger that an exception means; null for a fault of this program.</summary>
    private static LedgerFailure? Reason(Exception failure, CancellationToken clock) => failure switch
    {
        PostgresException { SqlState: PostgresErrorCodes.QueryCanceled } => LedgerFailure.TooSlow,
        _ when IsInterruption(failure) => LedgerFailure.TooSlow,
        OperationCanceledException when clock.IsCancellationRequested => LedgerFailure.TooSlow,
        DbException or SocketException or TimeoutException => LedgerFailure.Away,
        _ => null,
    };

    private static string Words(LedgerFailure reason, Exception failure) => (reason, failure) switch
    {
        (LedgerFailure.TooSlow, _) =>
            "The ledger took too long to answer. Ask for a shorter period or fewer groups; tags and end users take longest.",
        (_, PostgresException { SqlState: PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedColumn }) or
            (_, SqliteException { SqliteErrorCode: raw.SQLITE_ERROR }) =>
            "The ledger's tables are not those of this version. Run 'switchyard migrate', or start the gateway, which migrates them too.",
        (_, SqliteException { SqliteErrorCode: raw.SQLITE_CANTOPEN }) =>
            "The file that storage.ledger names does not exist or cannot be opened. The gateway creates it when it first starts.",
        (_, SqliteException { SqliteErrorCode: raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB } broken) =>
            $"The file that storage.ledger names is damaged: restore a backup of it. {broken.Message}",
        _ => "The ledger's database cannot be reached or refuses to answer. Calls continue, and their costs are kept until it is back.",
    };
}
