using System.Data.Common;
using System.Net.Sockets;
using Microsoft.Data.Sqlite;
using Npgsql;
using Switchyard.Money;
using Switchyard.Storage.Databases;

namespace Switchyard.Storage.Ledger;

/// <summary>
/// Corrects entries in SQLite or PostgreSQL. Each batch is a short transaction, so that concurrent writers never wait for a long one.
/// </summary>
internal sealed class LedgerCorrections(string? ledger, TimeProvider time) : ILedgerCorrections
{
    public async Task<int> CorrectAsync(
        IReadOnlyList<LedgerCorrection> corrections, string reason, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(corrections);
        if (ledger is null)
            throw new LedgerException(LedgerFailure.None, "There is no ledger: set storage.ledger.");
        try
        {
            var connection = Open();
            await using (connection.ConfigureAwait(false))
            {
                await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
                var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
                await using (transaction.ConfigureAwait(false))
                {
                    var batch = new CorrectionBatch(connection, transaction, reason, time.GetUtcNow());
                    var done = await batch.ApplyAsync(corrections, cancellationToken).ConfigureAwait(false);
                    await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
                    return done;
                }
            }
        }
        catch (Exception failure) when (failure is DbException or SocketException or TimeoutException)
        {
            throw new LedgerException(
                LedgerFailure.Away,
                "The ledger cannot be corrected: its database is unavailable, locked or not migrated (run 'switchyard migrate').",
                failure);
        }
    }

    private DbConnection Open()
    {
        var address = LedgerAddress.Parse(ledger!);
        return address.Postgres is { } postgres
            ? new NpgsqlConnection(postgres)
            : new SqliteConnection(LedgerAddress.ConnectionString(address.File!, mustExist: true));
    }
}
