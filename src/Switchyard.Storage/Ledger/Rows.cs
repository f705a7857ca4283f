using System.Data.Common;

namespace Switchyard.Storage.Ledger;

/// <summary>Reads all rows of a statement.</summary>
internal static class Rows
{
    /// <summary>Reads them.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="transaction">Its transaction; null for none.</param>
    /// <param name="write">Writes the statement.</param>
    /// <param name="read">Reads a row.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<List<T>> ReadAsync<T>(
        DbConnection connection,
        DbTransaction? transaction,
        Action<DbCommand> write,
        Func<DbDataReader, T> read,
        CancellationToken cancellationToken)
    {
        var rows = new List<T>();
        var command = connection.CreateCommand();
        await using (command.ConfigureAwait(false))
        {
            command.Transaction = transaction;
            write(command);
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                    rows.Add(read(reader));
            }
        }

        return rows;
    }
}
