using System.Data.Common;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Switchyard.Storage.Migrations;

/// <summary>
/// Brings a database to the shape this version needs. A migration only adds, so that the version before goes on working beside this one;
/// of several gateways that start at once one migrates and the others wait.
/// </summary>
internal static class Migrator
{
    // Any number will do, as long as it is always the same one.
    private const long PostgresLock = 7_310_042_166_310_551;

    // A file is one gateway's own, so nobody else migrates it; the parts of a gateway take turns.
    private static readonly SemaphoreSlim s_sqlite = new(1, 1);

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);

    /// <summary>The migrations that a database has not had yet.</summary>
    public static async Task<IReadOnlyList<Migration>> PlanAsync(DbConnection connection, CancellationToken cancellationToken)
    {
        await ExecuteAsync(
            connection,
            "create table if not exists migrations (name text primary key)",
            cancellationToken).ConfigureAwait(false);
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

    /// <summary>Applies the migrations that a database has not had yet.</summary>
    /// <returns>Those applied.</returns>
    public static async Task<IReadOnlyList<Migration>> ApplyAsync(DbConnection connection, CancellationToken cancellationToken)
    {
        if (connection is SqliteConnection)
            await s_sqlite.WaitAsync(cancellationToken).ConfigureAwait(false);
        // Asked for again and again rather than waited for: an index that is built beside the writers waits for every statement that
        // runs, and would wait for those that wait for this lock.
        while (connection is NpgsqlConnection && !await IsMineAsync(connection, cancellationToken).ConfigureAwait(false))
            await Task.Delay(s_pause, TimeProvider.System, cancellationToken).ConfigureAwait(false);
        try
        {
            var plan = await PlanAsync(connection, cancellationToken).ConfigureAwait(false);
            foreach (var step in plan)
                await ApplyAsync(connection, step, cancellationToken).ConfigureAwait(false);
            return plan;
        }
        finally
        {
            if (connection is SqliteConnection)
                s_sqlite.Release();
            if (connection is NpgsqlConnection)
                await ExecuteAsync(connection, $"select pg_advisory_unlock({PostgresLock})", CancellationToken.None).ConfigureAwait(false);
        }
    }

    private static async Task<bool> IsMineAsync(DbConnection connection, CancellationToken cancellationToken)
    {
        var command = connection.CreateCommand();
        await using (command.ConfigureAwait(false))
        {
            command.CommandText = $"select pg_try_advisory_lock({PostgresLock})";
            return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is true;
        }
    }

    /// <summary>
    /// Applies one step. On PostgreSQL, a step that changes a table waits for those that read it, and all that write to it wait behind
    /// the step: so it waits for 50 ms at most and begins again a little later, as often as it must.
    /// </summary>
    internal static async Task ApplyAsync(DbConnection connection, Migration step, CancellationToken cancellationToken)
    {
        while (!await TryApplyAsync(connection, step, cancellationToken).ConfigureAwait(false))
            await Task.Delay(s_pause, TimeProvider.System, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>False where a lock that the step needs was not to be had; nothing of it is done then.</summary>
    private static async Task<bool> TryApplyAsync(DbConnection connection, Migration step, CancellationToken cancellationToken)
    {
        var done = $"insert into migrations (name) values ('{step.Name}')";
        if (step.RunsAlone)
        {
            // One process builds the index, not several: it takes longer, and leaves processors and disk to those that write meanwhile.
            if (connection is NpgsqlConnection)
                await ExecuteAsync(connection, "set max_parallel_maintenance_workers = 0", cancellationToken).ConfigureAwait(false);
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
            var limit = connection is NpgsqlConnection ? "set local lock_timeout = '50ms';" : "";
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
            // A large table takes its time; nothing waits for it.
            command.CommandTimeout = 0;
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
