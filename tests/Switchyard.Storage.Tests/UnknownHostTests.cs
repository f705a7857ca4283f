using Microsoft.Extensions.Logging.Testing;
using Switchyard.Money;
using Switchyard.Storage.Databases;
using Switchyard.Storage.Ledger;
using Switchyard.Storage.Migrations;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Storage.Tests;

/// <summary>
/// A PostgreSQL whose host name is not found, as while its container is stopped: Npgsql then throws what is no exception of a database.
/// </summary>
public sealed class UnknownHostTests : IDisposable
{
    private const string Address = "postgres://me@postgres.invalid/usage";

    private readonly string _directory = Directory.CreateTempSubdirectory("switchyard-unknown-host-").FullName;
    private readonly FakeLogger _log = new();
    private readonly TestClock _clock = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_ledger_is_closed_in_order_and_can_be_opened_again()
    {
        for (var i = 0; i < 2; i++)
        {
            await using var own = await PostgresLedger.OpenAsync(
                $"{_directory}/own.db", LedgerAddress.Parse(Address).Postgres!, isDurable: false, TimeProvider.System, _log, Stop);
            own.Settle([SomeEntry.Finished()]);
        }
    }

    [Fact]
    public async Task Old_entries_are_tried_to_be_deleted_again()
    {
        using var retention = new LedgerRetention(Address, TimeSpan.FromDays(90), _clock, _log);
        retention.Start();
        await Wait.ForAsync(() => _log.Collector.Count == 1);

        await _clock.WaitForTimersAsync();
        _clock.Advance(TimeSpan.FromMinutes(10));

        await Wait.ForAsync(() => _log.Collector.Count == 2);
    }

    [Fact]
    public async Task Hours_are_tried_to_be_added_up_again()
    {
        using var gatherer = new RollupGatherer(Address, _clock, _log);
        gatherer.Start();
        for (var tries = 1; tries <= 2; tries++)
        {
            await _clock.WaitForTimersAsync();
            _clock.Advance(TimeSpan.FromMinutes(1));
            await Wait.ForAsync(() => _log.Collector.Count == tries);
        }
    }

    [Fact]
    public async Task Commands_say_that_the_ledger_is_away()
    {
        var correcting = await Assert.ThrowsAsync<LedgerException>(
            () => new LedgerCorrections(Address, _clock).CorrectAsync([], "a new price", Stop));
        var migrating = await Assert.ThrowsAsync<LedgerException>(
            () => LedgerMigration.RunAsync(Address, onlyPlan: true, static _ => { }, Stop));

        Assert.Equal((LedgerFailure.Away, LedgerFailure.Away), (correcting.Reason, migrating.Reason));
    }
}
