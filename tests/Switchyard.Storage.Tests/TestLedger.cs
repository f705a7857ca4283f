using System.Data.Common;
using Microsoft.Data.Sqlite;
using Npgsql;
using Switchyard.Money;
using Switchyard.Storage.Databases;
using Switchyard.Storage.Ledger;
using Switchyard.Storage.Migrations;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Storage.Tests;

/// <summary>A migrated ledger in a separate database, and entries written to it as a gateway writes them.</summary>
internal sealed class TestLedger : IAsyncDisposable
{
    private readonly string? _file;

    private TestLedger(string address, DbConnection connection, string? file) =>
        (Address, Connection, _file) = (address, connection, file);

    /// <summary>The value of <c>storage.ledger</c>.</summary>
    public string Address { get; }

    public DbConnection Connection { get; }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary><c>sqlite</c> or <c>postgres</c>. Without a PostgreSQL on the machine the test is skipped.</summary>
    public static async Task<TestLedger> OpenAsync(string database)
    {
        string? file = null;
        string address;
        DbConnection connection;
        if (database == "sqlite")
        {
            file = Path.Combine(Path.GetTempPath(), $"switchyard-ledger-{Guid.NewGuid():n}.db");
            address = $"sqlite:{file}";
            connection = new SqliteConnection(LedgerAddress.ConnectionString(file));
        }
        else
        {
            Assert.SkipWhen(PostgresServer.Missing is not null, PostgresServer.Missing ?? "");
            address = await (await PostgresServer.SharedAsync()).NewDatabaseAsync();
            connection = new NpgsqlConnection(LedgerAddress.Parse(address).Postgres);
        }

        await connection.OpenAsync(Stop);
        var ledger = new TestLedger(address, connection, file);
        if (file is not null)
            await ledger.ExecuteAsync("pragma journal_mode = wal");
        await Migrator.ApplyAsync(connection, Stop);
        return ledger;
    }

    /// <summary>Writes entries and their roll-ups, in one transaction.</summary>
    public async Task AddAsync(params LedgerEntry[] entries)
    {
        await using var transaction = await Connection.BeginTransactionAsync(Stop);
        await using var command = Connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText =
            $"insert into entries ({string.Join(", ", EntryTable.Columns)}) "
            + $"values ({string.Join(", ", EntryTable.Columns.Select(name => $"@{name}"))})";
        foreach (var entry in entries)
        {
            command.Parameters.Clear();
            foreach (var (name, value) in EntryTable.Columns.Zip(EntryTable.ValuesOf(entry, Guid.Empty)))
                command.Add(name, Stored(value));

            await command.ExecuteNonQueryAsync(Stop);
        }

        if (Connection is NpgsqlConnection postgres)
            await Rollups.AddAsync(postgres, transaction, entries, Stop);
        else
            Rollups.Add((SqliteConnection)Connection, (SqliteTransaction)transaction, entries);
        await transaction.CommitAsync(Stop);
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var command = Connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(Stop);
    }

    public async Task<List<object[]>> RowsAsync(string sql)
    {
        await using var command = Connection.CreateCommand();
        command.CommandText = sql;
        await using var reader = await command.ExecuteReaderAsync(Stop);
        var rows = new List<object[]>();
        while (await reader.ReadAsync(Stop))
        {
            var row = new object[reader.FieldCount];
            reader.GetValues(row);
            rows.Add(row);
        }

        return rows;
    }

    public async ValueTask DisposeAsync()
    {
        await Connection.DisposeAsync();
        if (_file is null)
            return;
        foreach (var file in Directory.GetFiles(Path.GetDirectoryName(_file)!, $"{Path.GetFileName(_file)}*"))
            File.Delete(file);
    }

    private object Stored(object? value) => value switch
    {
        null => DBNull.Value,
        Guid id when _file is not null => id.ToByteArray(bigEndian: true),
        _ => value,
    };
}
