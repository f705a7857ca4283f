using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Switchyard.Money;
using Switchyard.Storage.Databases;
using Switchyard.Storage.Keys;
using Switchyard.Storage.Ledger;
using Xunit;

namespace Switchyard.Storage.Tests;

/// <summary>
/// A SQLite file that is moved away while it is in use: nothing makes an empty one in its place, for which SQLite would delete the log of
/// the last commits.
/// </summary>
public sealed class MovedFileTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("switchyard-moved-").FullName;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string Path => $"{_directory}/switchyard.db";

    private string Address => $"sqlite:{Path}";

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Keys_are_found_again_once_it_is_back_and_so_is_every_call()
    {
        var entry = SomeEntry.Finished();
        await using (var ledger = SqliteLedger.Open(Path, isDurable: false, TimeProvider.System, NullLogger.Instance))
        {
            using var keys = new SqlKeyStore(LedgerAddress.Parse(Address));
            Assert.True(await keys.WriteAsync(new() { Kind = "key", Name = "ci", Revision = 0, Document = "{}" }, Stop));
            File.Move(Path, $"{Path}.away");

            await Assert.ThrowsAsync<SqliteException>(() => keys.ReadAsync(0, Stop));

            Assert.False(File.Exists(Path));
            await ledger.SettleDurablyAsync([entry]);
            File.Move($"{Path}.away", Path);
            Assert.Single(await keys.ReadAsync(0, Stop));
        }

        await using var reading = new ReadingConnections(Address, TimeSpan.FromSeconds(30), TimeProvider.System);
        var calls = (await new UsageReader(reading, TimeProvider.System).ListAsync(new UsageFilter(), 10, null, Stop)).Entries;
        Assert.Equal(entry.Call, Assert.Single(calls).Call);
    }

    [Fact]
    public async Task What_works_in_the_background_and_commands_make_no_file()
    {
        using var retention = new LedgerRetention(Address, TimeSpan.FromDays(90), TimeProvider.System, NullLogger.Instance);
        using var gatherer = new RollupGatherer(Address, TimeProvider.System, NullLogger.Instance);

        await Assert.ThrowsAsync<SqliteException>(() => retention.DeleteAsync(Stop));
        await Assert.ThrowsAsync<SqliteException>(() => gatherer.GatherAsync(TimeSpan.Zero, Stop));
        await Assert.ThrowsAsync<LedgerException>(
            () => new LedgerCorrections(Address, TimeProvider.System).CorrectAsync([], "a new price", Stop));

        Assert.False(File.Exists(Path));
    }
}
