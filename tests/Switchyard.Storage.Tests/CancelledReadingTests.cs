using Switchyard.Storage.Ledger;
using Xunit;

namespace Switchyard.Storage.Tests;

/// <summary>A reader that gives up is told that, and not that the database failed.</summary>
public sealed class CancelledReadingTests
{
    [Theory]
    [InlineData("sqlite", "select count(*) from (with recursive n(i) as (select 1 union all select i + 1 from n) select i from n)")]
    [InlineData("postgres", "select pg_sleep(60)")]
    public async Task A_question_whose_asker_gives_up_is_cancelled(string database, string endless)
    {
        await using var ledger = await TestLedger.OpenAsync(database);
        await using var connections = new ReadingConnections(ledger.Address, TimeSpan.FromSeconds(30), TimeProvider.System);
        using var asker = new CancellationTokenSource();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connections.ReadAsync(
            async (connection, transaction, stop) =>
            {
                await using var command = connection.CreateCommand();
                (command.CommandText, command.Transaction) = (endless, transaction);
                asker.CancelAfter(TimeSpan.FromMilliseconds(200));
                return await command.ExecuteScalarAsync(stop);
            },
            asker.Token));
    }
}
