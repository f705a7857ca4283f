using System.Data.Common;
using System.Net.Sockets;
using Microsoft.Data.Sqlite;
using Npgsql;
using Switchyard.Money;
using Switchyard.Storage.Databases;

namespace Switchyard.Storage.Migrations;

/// <summary>Migrates the ledger that an address names.</summary>
internal static class LedgerMigration
{
    /// <summary>Applies the pending migrations, or only names them.</summary>
    /// <param name="ledger">The value of <c>storage.ledger</c>; null for none.</param>
    /// <param name="onlyPlan">Whether to apply nothing.</param>
    /// <param name="say">Reports what it waits for.</param>
    /// <param name="cancellationToken">Ends the work between two steps.</param>
    /// <returns>The names of the steps.</returns>
    /// <exception cref="LedgerException">No ledger is configured, or its database refuses.</exception>
    public static async Task<IReadOnlyList<string>> RunAsync(
        string? ledger, bool onlyPlan, Action<string> say, CancellationToken cancellationToken)
    {
        if (ledger is null)
            throw new LedgerException(LedgerFailure.None, "There is nothing to migrate: storage.ledger is not set.");
        var address = LedgerAddress.Parse(ledger);
        if (onlyPlan && address.File is { } file && !File.Exists(file))
            return [.. Migration.Of("Sqlite").Select(step => step.Name)];
        try
        {
            DbConnection connection = address.Postgres is { } postgres
                ? new NpgsqlConnection(postgres)
                : new SqliteConnection(LedgerAddress.ConnectionString(address.File!));
            await using (connection.ConfigureAwait(false))
            {
                await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
                var steps = onlyPlan
                    ? await Migrator.PlanAsync(connection, cancellationToken).ConfigureAwait(false)
                    : await Migrator.ApplyAsync(connection, cancellationToken, new MigrationNews(TimeProvider.System, say))
                        .ConfigureAwait(false);
                return [.. steps.Select(step => step.Name)];
            }
        }
        catch (Exception failure) when (failure is DbException or SocketException or TimeoutException)
        {
            throw new LedgerException(LedgerFailure.Away, $"The ledger's database cannot be migrated: {failure.Message}", failure);
        }
    }
}
