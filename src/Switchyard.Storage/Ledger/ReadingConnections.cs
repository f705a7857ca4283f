using System.Data;
using System.Data.Common;
using System.Net.Sockets;
using Microsoft.Data.Sqlite;
using Npgsql;
using SQLitePCL;
using Switchyard.Money;
using Switchyard.Storage.Databases;

namespace Switchyard.Storage.Ledger;

/// <summary>
/// The connections on which the ledger is read, apart from those that write it: few, unable to write, and ended when a question takes too
/// long. So a page can be slow, and never a call.
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
    /// <param name="ledger">The value of <c>storage.ledger</c>; null for none.</param>
    /// <param name="patience">How long a question may take.</param>
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

    /// <summary>Reads, from one state of the database however many statements it takes.</summary>
    /// <exception cref="LedgerException">There is no ledger, it is away, or the question takes too long.</exception>
    public async Task<T> ReadAsync<T>(
        Func<DbConnection, DbTransaction, CancellationToken, Task<T>> read, CancellationToken cancellationToken)
    {
        if (_postgres is null && _sqlite is null)
        {
            throw new LedgerException(
                LedgerFailure.None,
                "There is no ledger: name one as 'storage.ledger', such as sqlite:switchyard.db. Calls made from then on are in it.");
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

    // Methods of their own: entering one that names its types loads the database's driver, which a gateway without a ledger does not need.
    private static NpgsqlDataSource SourceOf(string postgres, TimeSpan patience) => NpgsqlDataSource.Create(
        new NpgsqlConnectionStringBuilder(postgres)
        {
            ApplicationName = "switchyard reading",
            MaxPoolSize = Places,
            CommandTimeout = (int)patience.TotalSeconds + 5,
            // The database ends what takes too long, also where nobody is left to ask it to.
            Options = $"-c default_transaction_read_only=on -c statement_timeout={(int)patience.TotalMilliseconds}",
        });

    private static string ConnectionStringOf(string file) =>
        // Not opened read-only, which cannot follow a file whose writer has gone.
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
                return await read(connection, transaction, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// SQLite works on the calling thread for as long as a question takes. That is a thread of its own, because one of the pool's would be
    /// missing to the calls meanwhile, and one that lets theirs go first.
    /// </summary>
    private Task<T> ReadSqliteAsync<T>(
        Func<DbConnection, DbTransaction, CancellationToken, Task<T>> read, CancellationToken cancellationToken) => Task.Factory.StartNew(
        () => ThreadPriorities.RunBehindOthers(() =>
        {
            using var connection = new SqliteConnection(_sqlite);
            connection.Open();
            // And looks at no token.
            using var ends = cancellationToken.Register(
                static handle => raw.sqlite3_interrupt((sqlite3)handle!), connection.Handle);
            using (var guard = connection.CreateCommand())
            {
                guard.CommandText = "pragma query_only = 1";
                guard.ExecuteNonQuery();
            }

            using var transaction = connection.BeginTransaction(deferred: true);
            // Nothing in it is ever waited for.
            return read(connection, transaction, cancellationToken).GetAwaiter().GetResult();
        }),
        cancellationToken,
        TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach,
        TaskScheduler.Default);

    /// <summary>Which failure of the ledger an exception is; null for a fault of this program.</summary>
    private static LedgerFailure? Reason(Exception failure, CancellationToken clock) => failure switch
    {
        PostgresException { SqlState: PostgresErrorCodes.QueryCanceled } => LedgerFailure.TooSlow,
        SqliteException { SqliteErrorCode: raw.SQLITE_INTERRUPT } => LedgerFailure.TooSlow,
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
            "The ledger is not in the shape this version reads. Run 'switchyard migrate', or start the gateway, which does it too.",
        (_, SqliteException { SqliteErrorCode: raw.SQLITE_CANTOPEN }) =>
            "There is no such file as 'storage.ledger' names, or it cannot be opened. The gateway makes it when it first starts.",
        _ => "The ledger's database cannot be reached or refuses to answer. Calls go on, and what they cost is kept until it is back.",
    };
}
