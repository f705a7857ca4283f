using System.Data.Common;
using System.Globalization;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Switchyard.Storage.Migrations;

/// <summary>
/// Brings a database to the schema this version needs. A migration only adds, so that the previous version keeps working beside this one;
/// of several gateways that start at once one migrates and the others wait.
/// </summary>
internal static class Migrator
{
    // An arbitrary number that must never change.
    internal const long PostgresLock = 7_310_042_166_310_551;

    // PostgreSQL lists such a lock by the two halves of its number, and shows of other sessions what this one may see.
    private static readonly string s_holder = string.Create(
        CultureInfo.InvariantCulture,
        $"""
        select concat('PostgreSQL process ', l.pid, ', ''' || nullif(a.application_name, '') || '''', ' from ' || host(a.client_addr),
          ', connected since ' || to_char(a.backend_start at time zone 'UTC', 'HH24:MI:SS') || ' UTC')
        from pg_locks l left join pg_stat_activity a on a.pid = l.pid
        where l.locktype = 'advisory' and l.granted and l.objsubid = 1 and l.classid::bigint = {PostgresLock >> 32}
          and l.objid::bigint = {PostgresLock & uint.MaxValue}
          and l.database = (select oid from pg_database where datname = current_database())
        """);

    // The parts of a gateway take turns. Another process on the same file, such as a command, is handled in TryApplyAsync.
    private static readonly SemaphoreSlim s_sqlite = new(1, 1);

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);

    /// <summary>The migrations that a database still needs.</summary>
    public static async Task<IReadOnlyList<Migration>> PlanAsync(DbConnection connection, CancellationToken cancellationToken)
    {
        if (connection is not NpgsqlConnection || !await HasTableAsync(connection, cancellationToken).ConfigureAwait(false))
        {
            await ExecuteAsync(
                connection,
                "create table if not exists migrations (name text primary key)",
                cancellationToken).ConfigureAwait(false);
        }

        return await MissingAsync(connection, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<IReadOnlyList<Migration>> MissingAsync(DbConnection connection, CancellationToken cancellationToken)
    {
        var applied = new HashSet<string>(StringComparer.Ordinal);
        var command = connection.CreateCommand();
        await using (command.ConfigureAwait(false))
        {
            command.CommandText = "select name from migrations";
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                    applied.Add(reader.GetString(0));
            }
        }

        return [.. Migration.Of(connection is SqliteConnection ? "Sqlite" : "Postgres").Where(step => !applied.Contains(step.Name))];
    }

    /// <summary>Applies the migrations that a database still needs.</summary>
    /// <param name="connection">The database.</param>
    /// <param name="cancellationToken">Ends the work between two steps, and every wait.</param>
    /// <param name="news">Reports what it waits for; null for no reports.</param>
    /// <returns>Those applied.</returns>
    public static async Task<IReadOnlyList<Migration>> ApplyAsync(
        DbConnection connection, CancellationToken cancellationToken, MigrationNews? news = null)
    {
        // Most starts find nothing to do. They write nothing and take no lock, so they also succeed on a standby, as a user who may not
        // create tables, and through a pooler that would leave the lock with a connection of its own.
        if (connection is NpgsqlConnection && await HasTableAsync(connection, cancellationToken).ConfigureAwait(false)
            && await MissingAsync(connection, cancellationToken).ConfigureAwait(false) is [])
            return [];
        if (connection is SqliteConnection)
            await s_sqlite.WaitAsync(cancellationToken).ConfigureAwait(false);
        if (connection is NpgsqlConnection)
            await LockAsync(connection, news, cancellationToken).ConfigureAwait(false);
        try
        {
            var plan = await PlanAsync(connection, cancellationToken).ConfigureAwait(false);
            foreach (var step in plan)
                await ApplyAsync(connection, step, cancellationToken, news).ConfigureAwait(false);
            return plan;
        }
        finally
        {
            if (connection is SqliteConnection)
                s_sqlite.Release();
            if (connection is NpgsqlConnection)
                await UnlockAsync(connection).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Whether a PostgreSQL database has the table of its migrations: to create one if not needs the right to create. Only where one would
    /// be created: a table of this name further along the search path may be another program's.
    /// </summary>
    private static async Task<bool> HasTableAsync(DbConnection connection, CancellationToken cancellationToken)
    {
        const string Ask = "select to_regclass(quote_ident(current_schema()) || '.migrations') is not null";
        return await ReadAsync(connection, Ask, cancellationToken).ConfigureAwait(false) is true;
    }

    private static async Task UnlockAsync(DbConnection connection)
    {
        try
        {
            await ExecuteAsync(connection, $"select pg_advisory_unlock({PostgresLock})", CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is DbException or InvalidOperationException)
        {
            // The connection broke, which releases its lock: an error from here would hide why it broke.
        }
    }

    /// <summary>
    /// Takes the migration lock. It is polled rather than waited for: an index that is built beside the writers waits for every statement
    /// that runs, and would also wait for the statements that wait for this lock.
    /// </summary>
    private static async Task LockAsync(DbConnection connection, MigrationNews? news, CancellationToken cancellationToken)
    {
        const string Take = "select pg_try_advisory_lock";
        var begun = news?.Begin() ?? 0;
        while (await ReadAsync(connection, $"{Take}({PostgresLock})", cancellationToken).ConfigureAwait(false) is not true)
        {
            if (news is not null && news.IsDue(begun))
            {
                var holder = await ReadAsync(connection, s_holder, cancellationToken).ConfigureAwait(false) as string ?? "another process";
                news.Say($"The database is being migrated by {holder}; this process waits until it is done, however long it takes", begun);
            }

            await Task.Delay(s_pause, TimeProvider.System, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<object?> ReadAsync(DbConnection connection, string sql, CancellationToken cancellationToken)
    {
        var command = connection.CreateCommand();
        await using (command.ConfigureAwait(false))
        {
            command.CommandText = sql;
            return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Applies one step. On PostgreSQL, a step that changes a table waits for those that read it, and all that write to it wait behind the
    /// step: so it waits for 50 ms at most, and begins again after 100 ms, as often as needed.
    /// </summary>
    internal static async Task ApplyAsync(
        DbConnection connection, Migration step, CancellationToken cancellationToken, MigrationNews? news = null)
    {
        var begun = news?.Begin() ?? 0;
        while (!await TryApplyAsync(connection, step, cancellationToken).ConfigureAwait(false))
        {
            if (news is not null && news.IsDue(begun))
                news.Say($"The migration {step.Name} waits for running statements on its table to end", begun);
            await Task.Delay(s_pause, TimeProvider.System, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>False if a lock that the step needs was not available; nothing of it is done then.</summary>
    private static async Task<bool> TryApplyAsync(DbConnection connection, Migration step, CancellationToken cancellationToken)
    {
        var done = $"insert into migrations (name) values ('{step.Name}')";
        if (step.RunsAlone)
        {
            // One worker builds the index, not several: it takes longer, and leaves processors and disk to the other writers. Limits that
            // the server sets for its users would end it before that.
            if (connection is NpgsqlConnection)
            {
                await ExecuteAsync(
                    connection,
                    "set max_parallel_maintenance_workers = 0; set statement_timeout = 0; set lock_timeout = 0",
                    cancellationToken).ConfigureAwait(false);
            }

            foreach (var statement in step.Sql.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
                await ExecuteAsync(connection, statement, cancellationToken).ConfigureAwait(false);
            await ExecuteAsync(connection, done, cancellationToken).ConfigureAwait(false);
            return true;
        }

        var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            // A command beside a gateway, or beside another command, may have applied it while this one waited for the file.
            if (connection is SqliteConnection
                && await IsAppliedAsync(connection, step, transaction, cancellationToken).ConfigureAwait(false))
                return true;
            var limit = connection is NpgsqlConnection ? "set local lock_timeout = '50ms'; set local statement_timeout = 0;" : "";
            try
            {
                await ExecuteAsync(connection, $"{limit}{step.Sql}\n;{done}", cancellationToken, transaction).ConfigureAwait(false);
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.LockNotAvailable)
            {
                return false;
            }

            await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
            return true;
        }
    }

    private static async Task<bool> IsAppliedAsync(
        DbConnection connection, Migration step, DbTransaction transaction, CancellationToken cancellationToken)
    {
        var command = connection.CreateCommand();
        await using (command.ConfigureAwait(false))
        {
            command.CommandText = $"select 1 from migrations where name = '{step.Name}'";
            command.Transaction = transaction;
            return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is not null;
        }
    }

    private static async Task ExecuteAsync(
        DbConnection connection, string sql, CancellationToken cancellationToken, DbTransaction? transaction = null)
    {
        var command = connection.CreateCommand();
        await using (command.ConfigureAwait(false))
        {
            command.CommandText = sql;
            command.Transaction = transaction;
            // A large table takes long; nothing waits for it.
            command.CommandTimeout = 0;
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
