using System.Collections.Concurrent;
using System.Data.Common;
using Microsoft.Data.Sqlite;
using Npgsql;
using Switchyard.Storage.Databases;
using Switchyard.Storage.Migrations;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Storage.Tests;

/// <summary>Databases get the schema of this version, once.</summary>
public sealed class MigratorTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_new_SQLite_file_gets_every_migration_once()
    {
        await using var connection = new SqliteConnection("Data Source=:memory:");
        await connection.OpenAsync(Stop);

        Assert.Equal(Migration.Of("Sqlite"), await Migrator.ApplyAsync(connection, Stop));
        Assert.Empty(await Migrator.ApplyAsync(connection, Stop));
    }

    [Fact]
    public async Task Of_gateways_that_start_at_once_on_a_new_PostgreSQL_one_migrates()
    {
        Assert.SkipWhen(PostgresServer.Missing is not null, PostgresServer.Missing ?? "");
        var address = LedgerAddress.Parse(await (await PostgresServer.SharedAsync()).NewDatabaseAsync()).Postgres!;

        var applied = await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
        {
            await using DbConnection connection = new NpgsqlConnection(address);
            await connection.OpenAsync(Stop);
            return await Migrator.ApplyAsync(connection, Stop);
        }));

        Assert.Equal(Migration.Of("Postgres"), applied.SelectMany(steps => steps));
    }

    [Fact]
    public async Task A_step_that_waits_for_a_long_query_does_not_keep_the_writers_of_its_table_waiting()
    {
        Assert.SkipWhen(PostgresServer.Missing is not null, PostgresServer.Missing ?? "");
        var address = LedgerAddress.Parse(await (await PostgresServer.SharedAsync()).NewDatabaseAsync()).Postgres!;
        await using var migrating = await OpenAsync(address);
        await Migrator.ApplyAsync(migrating, Stop);
        await using var reading = await OpenAsync(address);
        var query = await reading.BeginTransactionAsync(Stop);
        await RunAsync(reading, "select count(*) from corrections");
        await using var writing = await OpenAsync(address);

        var applying = Migrator.ApplyAsync(migrating, new("9998_region", "alter table corrections add column region text"), Stop);
        while (!await WaitsAsync(writing, migrating))
            Assert.False(applying.IsCompleted);
        await RunAsync(writing, "delete from corrections where call is null");

        Assert.False(applying.IsCompleted);
        await query.CommitAsync(Stop);
        await applying;
        Assert.Equal(0L, await RunAsync(writing, "select count(region) from corrections"));
    }

    [Fact]
    public async Task A_migration_that_waits_for_another_reports_it_after_three_seconds_and_every_half_minute()
    {
        Assert.SkipWhen(PostgresServer.Missing is not null, PostgresServer.Missing ?? "");
        var address = LedgerAddress.Parse(await (await PostgresServer.SharedAsync()).NewDatabaseAsync()).Postgres!;
        await using var other = await OpenAsync(address);
        Assert.True((bool)(await RunAsync(other, $"select pg_try_advisory_lock({Migrator.PostgresLock})"))!);
        await using var waiting = await OpenAsync(address);
        var clock = new TestClock();
        var watch = new CountedClock(clock);
        var said = new ConcurrentQueue<string>();

        var applying = Migrator.ApplyAsync(waiting, Stop, new MigrationNews(watch, said.Enqueue));
        await watch.ReadAgainAsync();
        Assert.Empty(said);
        clock.Advance(TimeSpan.FromSeconds(3));
        await Wait.ForAsync(() => said.Count == 1);
        clock.Advance(TimeSpan.FromSeconds(29));
        await watch.ReadAgainAsync();
        Assert.Single(said);
        clock.Advance(TimeSpan.FromSeconds(1));
        await Wait.ForAsync(() => said.Count == 2);

        Assert.All(said, line => Assert.Contains(
            $"PostgreSQL process {other.ProcessID}, 'switchyard' from 127.0.0.1, connected since ", line, StringComparison.Ordinal));
        Assert.Equal(["(3 s so far)", "(33 s so far)"], said.Select(line => line[line.LastIndexOf('(')..]));
        Assert.False(applying.IsCompleted);
        Assert.True((bool)(await RunAsync(other, $"select pg_advisory_unlock({Migrator.PostgresLock})"))!);
        Assert.NotEmpty(await applying);
    }

    [Fact]
    public async Task A_step_that_waits_for_a_table_says_so()
    {
        Assert.SkipWhen(PostgresServer.Missing is not null, PostgresServer.Missing ?? "");
        var address = LedgerAddress.Parse(await (await PostgresServer.SharedAsync()).NewDatabaseAsync()).Postgres!;
        await using var migrating = await OpenAsync(address);
        await Migrator.ApplyAsync(migrating, Stop);
        await using var reading = await OpenAsync(address);
        var query = await reading.BeginTransactionAsync(Stop);
        await RunAsync(reading, "select count(*) from corrections");
        var clock = new TestClock();
        var said = new ConcurrentQueue<string>();

        var applying = Migrator.ApplyAsync(
            migrating, new("9998_region", "alter table corrections add column region text"), Stop, new MigrationNews(clock, said.Enqueue));
        clock.Advance(TimeSpan.FromSeconds(3));
        await Wait.ForAsync(() => !said.IsEmpty);

        Assert.StartsWith("The migration 9998_region waits ", Assert.Single(said), StringComparison.Ordinal);
        await query.CommitAsync(Stop);
        await applying;
    }

    [Fact]
    public async Task What_broke_a_migration_is_what_is_said_of_it()
    {
        Assert.SkipWhen(PostgresServer.Missing is not null, PostgresServer.Missing ?? "");
        var address = LedgerAddress.Parse(await (await PostgresServer.SharedAsync()).NewDatabaseAsync()).Postgres!;
        await using var other = await OpenAsync(address);
        // The first migration waits for this one, and its connection is cut meanwhile.
        var held = await other.BeginTransactionAsync(Stop);
        await RunAsync(other, "create table migrations (name text primary key)");
        await using var migrating = await OpenAsync(address);
        var applying = Migrator.ApplyAsync(migrating, Stop);
        while (!await WaitsAsync(other, migrating))
            Assert.False(applying.IsCompleted);

        await RunAsync(other, $"select pg_terminate_backend({migrating.ProcessID})");

        Assert.Equal(PostgresErrorCodes.AdminShutdown, (await Assert.ThrowsAsync<PostgresException>(() => applying)).SqlState);
        await held.RollbackAsync(Stop);
    }

    [Fact]
    public async Task Of_a_database_that_needs_nothing_nothing_is_locked_or_written()
    {
        Assert.SkipWhen(PostgresServer.Missing is not null, PostgresServer.Missing ?? "");
        var address = LedgerAddress.Parse(await (await PostgresServer.SharedAsync()).NewDatabaseAsync()).Postgres!;
        await using var other = await OpenAsync(address);
        await Migrator.ApplyAsync(other, Stop);
        Assert.True((bool)(await RunAsync(other, $"select pg_try_advisory_lock({Migrator.PostgresLock})"))!);
        // As a standby is.
        await using var reading = await OpenAsync(address);
        await RunAsync(reading, "set default_transaction_read_only = on");

        Assert.Empty(await Migrator.ApplyAsync(reading, Stop).WaitAsync(TimeSpan.FromSeconds(30), Stop));
        Assert.Empty(await Migrator.PlanAsync(reading, Stop));
    }

    [Fact]
    public async Task A_table_of_migrations_that_another_program_has_in_another_schema_is_left_alone()
    {
        Assert.SkipWhen(PostgresServer.Missing is not null, PostgresServer.Missing ?? "");
        var address = LedgerAddress.Parse(await (await PostgresServer.SharedAsync()).NewDatabaseAsync()).Postgres!;
        await using var other = await OpenAsync(address);
        await RunAsync(other, "create table migrations (id int primary key, name text); create schema gateway");
        await using var own = await OpenAsync(
            new NpgsqlConnectionStringBuilder(address) { SearchPath = "gateway,public" }.ConnectionString);

        Assert.Equal(Migration.Of("Postgres"), await Migrator.ApplyAsync(own, Stop));
        Assert.Empty(await Migrator.ApplyAsync(own, Stop));
        Assert.Equal(0L, await RunAsync(other, "select count(*) from migrations"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("-- outside a transaction\n")]
    public async Task A_limit_of_the_server_on_statements_does_not_end_a_long_step(string beginning)
    {
        Assert.SkipWhen(PostgresServer.Missing is not null, PostgresServer.Missing ?? "");
        var address = LedgerAddress.Parse(await (await PostgresServer.SharedAsync()).NewDatabaseAsync()).Postgres!;
        await using var first = await OpenAsync(address);
        await Migrator.ApplyAsync(first, Stop);
        await using var migrating = await OpenAsync(
            new NpgsqlConnectionStringBuilder(address) { Options = "-c statement_timeout=1000" }.ConnectionString);

        await Migrator.ApplyAsync(migrating, new("9997_slow", $"{beginning}select pg_sleep(2)"), Stop);

        Assert.Equal(1L, await RunAsync(first, "select count(*) from migrations where name = '9997_slow'"));
    }

    private static async Task<NpgsqlConnection> OpenAsync(string address)
    {
        var connection = new NpgsqlConnection(address);
        await connection.OpenAsync(Stop);
        return connection;
    }

    /// <summary>Whether a connection waits for a lock. The server is shared with other tests, whose connections may wait too.</summary>
    private static async Task<bool> WaitsAsync(NpgsqlConnection asks, NpgsqlConnection waiting) =>
        (bool)(await RunAsync(asks, $"select exists (select from pg_locks where not granted and pid = {waiting.ProcessID})"))!;

    private static async Task<object?> RunAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(Stop);
    }

    [Fact]
    public void Both_databases_have_the_same_steps() => Assert.Equal(
        Migration.Of("Sqlite").Select(step => step.Name).Where(name => !name.Contains("_index_", StringComparison.Ordinal)),
        Migration.Of("Postgres").Select(step => step.Name).Where(name => !name.Contains("_index_", StringComparison.Ordinal)));

    [Covers("S004-40")]
    [Fact]
    public void A_step_only_adds_so_that_the_version_before_goes_on_working() => Assert.All(
        Migration.Of("Sqlite").Concat(Migration.Of("Postgres")),
        step => Assert.DoesNotMatch("(?i)\\b(drop (table|column)|rename|truncate|delete from|alter column)\\b", step.Sql));

    [Theory]
    [InlineData("switchyard.db")]
    [InlineData("sqlite:")]
    [InlineData("postgres://host")]
    [InlineData("mysql://host/secret")]
    public void What_is_no_address_is_refused_without_being_repeated(string address) => Assert.DoesNotContain(
        "secret", Assert.Throws<FormatException>(() => LedgerAddress.Parse(address)).Message, StringComparison.Ordinal);

    [Fact]
    public void Settings_of_an_address_are_taken_as_they_are_written()
    {
        var found = new NpgsqlConnectionStringBuilder(LedgerAddress.Parse(
            "postgres://me@db.example/usage?Root%20Certificate=/etc/ssl/my-ca.pem&Application%20Name=gate-1&sslmode=verify-ca").Postgres!);

        Assert.Equal(
            ("/etc/ssl/my-ca.pem", "gate-1", SslMode.VerifyCA), (found.RootCertificate, found.ApplicationName, found.SslMode));
        Assert.Contains(
            "'colour'", Assert.Throws<FormatException>(() => LedgerAddress.Parse("postgres://me@db.example/usage?colour=secret")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void An_address_may_hold_a_user_a_password_a_port_and_settings()
    {
        var found = new NpgsqlConnectionStringBuilder(
            LedgerAddress.Parse("postgres://me:p%40ss@db.example:6432/usage?sslmode=verify-full").Postgres!);

        Assert.Equal(
            ("me", "p@ss", "db.example", 6432, "usage", SslMode.VerifyFull),
            (found.Username, found.Password, found.Host, found.Port, found.Database, found.SslMode));
    }

    /// <summary>A clock of which a test can tell that the code under test has looked at it, and so has decided whether to report.</summary>
    private sealed class CountedClock(TimeProvider clock) : TimeProvider
    {
        private int _reads;

        public override long TimestampFrequency => clock.TimestampFrequency;

        public override long GetTimestamp()
        {
            var now = clock.GetTimestamp();
            Interlocked.Increment(ref _reads);
            return now;
        }

        /// <summary>Waits for four reads: the first may have begun before, and a report reads the time once more before.</summary>
        public Task ReadAgainAsync()
        {
            var before = Volatile.Read(ref _reads);
            return Wait.ForAsync(() => Volatile.Read(ref _reads) >= before + 4);
        }
    }
}
