using System.Reflection;

namespace Switchyard.Storage.Migrations;

/// <summary>One step of a database's schema: an SQL file of this folder, applied once and in the order of its name.</summary>
/// <param name="Name">The file's name without its extension: <c>0001_ledger</c>.</param>
/// <param name="Sql">Its statements.</param>
internal sealed record Migration(string Name, string Sql)
{
    /// <summary>
    /// The first line of a file whose statements each run separately, as PostgreSQL's <c>create index concurrently</c> must.
    /// </summary>
    private const string OutsideTransaction = "-- outside a transaction";

    /// <summary>Whether its statements run one by one and outside a transaction.</summary>
    public bool RunsAlone => Sql.StartsWith(OutsideTransaction, StringComparison.Ordinal);

    /// <summary>The migrations of <c>Sqlite</c> or <c>Postgres</c>, in their order.</summary>
    public static IReadOnlyList<Migration> Of(string database)
    {
        var assembly = typeof(Migration).Assembly;
        return
        [
            .. assembly.GetManifestResourceNames()
                .Where(name => name.StartsWith($"{database}/", StringComparison.Ordinal) && name.EndsWith(".sql", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)
                .Select(name => new Migration(name[(database.Length + 1)..^".sql".Length], Read(assembly, name))),
        ];
    }

    private static string Read(Assembly assembly, string name)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
