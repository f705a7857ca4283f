using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Switchyard.Storage.Databases;
using Switchyard.Storage.Ledger;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Storage.Tests;

/// <summary>A SQLite file that another program keeps locked, such as a shell with an open transaction.</summary>
public sealed class LockedFileTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("switchyard-locked-").FullName;
    private readonly TestClock _clock = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string Own => $"{_directory}/own.db";

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_search_for_unknown_calls_waits_ten_seconds_for_a_locked_file_and_not_until_it_is_free()
    {
        await using var ledger = SqliteLedger.Open(Own, isDurable: false, _clock, NullLogger.Instance);
        await using (var other = new SqliteConnection(LedgerAddress.ConnectionString(Own)))
        {
            await other.OpenAsync(Stop);
            await using var writing = await other.BeginTransactionAsync(Stop);
            ledger.Settle([SomeEntry.Finished()]);

            var asking = ledger.FindUnknownAsync(Stop).AsTask();
            await _clock.WaitForTimersAsync();
            _clock.Advance(TimeSpan.FromSeconds(10));

            await Assert.ThrowsAsync<TimeoutException>(() => asking);
        }

        Assert.Empty(await ledger.FindUnknownAsync(Stop));
    }
}
