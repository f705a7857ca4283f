using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;
using Switchyard.Money;

namespace Switchyard.Storage.Ledger;

/// <summary>
/// Which groups are the dearest, from a file. SQLite groups lines by sorting them, which for the 700,000 lines of a week's keys takes twice
/// as long as reading them: they are added up here, by a hash of their names.
/// </summary>
internal static class SqliteRanks
{
    private const int UsualLength = 256;

    /// <summary>The names of a page's groups and of the one after them, the dearest first.</summary>
    public static List<string> Read(SqliteConnection connection, SqliteTransaction transaction, UsageQuery query, long gathered)
    {
        using var command = connection.CreateCommand();
        command.Transaction = transaction;
        SummarySql.WriteLines(command, query, gathered);
        var costs = new Dictionary<string, long>(StringComparer.Ordinal);
        var byName = costs.GetAlternateLookup<ReadOnlySpan<char>>();
        Span<char> usual = stackalloc char[UsualLength];
        using (var reader = command.ExecuteReader())
        {
            while (reader.Read())
            {
                // Without a string for each line.
                var bytes = raw.sqlite3_column_blob(reader.Handle, 0);
                var name = bytes.Length <= UsualLength ? usual : new char[bytes.Length];
                name = name[..Encoding.UTF8.GetChars(bytes, name)];
                CollectionsMarshal.GetValueRefOrAddDefault(byName, name, out _) += raw.sqlite3_column_int64(reader.Handle, 1);
            }
        }

        return
        [
            .. costs.OrderByDescending(group => group.Value).ThenBy(group => group.Key, StringComparer.Ordinal)
                .Skip(query.Skip).Take(query.Limit + 1).Select(group => group.Key),
        ];
    }
}
