using Microsoft.Data.Sqlite;
using Npgsql;

namespace Switchyard.Storage.Databases;

/// <summary>Reads <c>storage.ledger</c>: the path of a SQLite file, or the connection string of a PostgreSQL database.</summary>
internal sealed record LedgerAddress
{
    private const string SqlitePrefix = "sqlite:";

    /// <summary>The SQLite file; null for PostgreSQL.</summary>
    public string? File { get; private init; }

    /// <summary>The connection string of the PostgreSQL database; null for SQLite.</summary>
    public string? Postgres { get; private init; }

    /// <summary>Reads an address.</summary>
    /// <exception cref="FormatException">It is not valid; the message describes the format, and does not repeat the address.</exception>
    public static LedgerAddress Parse(string address)
    {
        var text = address.Trim();
        if (text.StartsWith(SqlitePrefix, StringComparison.OrdinalIgnoreCase) && text.Length > SqlitePrefix.Length)
            return new() { File = text[SqlitePrefix.Length..] };
        if (Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "postgres" or "postgresql" && uri.Host.Length > 0
            && uri.AbsolutePath.Length > 1)
            return new() { Postgres = ConnectionString(uri) };
        throw new FormatException(
            "'storage.ledger' must be sqlite:FILE, such as sqlite:switchyard.db, or postgres://USER:PASSWORD@HOST[:PORT]/DATABASE");
    }

    /// <summary>The connection string of a SQLite file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="mustExist">
    /// Whether it is not created, for code that opens it again: an empty file in the place of one that was moved away would have SQLite
    /// delete the log of its last commits, which stayed behind.
    /// </param>
    public static string ConnectionString(string file, bool mustExist = false) => new SqliteConnectionStringBuilder
    {
        DataSource = file,
        Mode = mustExist ? SqliteOpenMode.ReadWrite : SqliteOpenMode.ReadWriteCreate,
        DefaultTimeout = 30,
        Pooling = false,
    }.ToString();

    private static string ConnectionString(Uri uri)
    {
        var user = uri.UserInfo.Split(':', 2);
        var builder = new NpgsqlConnectionStringBuilder
        {
            Host = uri.Host.Trim('[', ']'),
            Port = uri.Port > 0 ? uri.Port : NpgsqlConnection.DefaultPort,
            Database = Uri.UnescapeDataString(uri.AbsolutePath[1..]),
            ApplicationName = "switchyard",
            // A database that is unavailable must be noticed soon: nothing waits for it, and entries that wait to be copied are on disk.
            Timeout = 5,
            CommandTimeout = 15,
            KeepAlive = 10,
            MaxPoolSize = 20,
            IncludeErrorDetail = false,
        };
        if (user[0].Length > 0)
            builder.Username = Uri.UnescapeDataString(user[0]);
        if (user is [_, var password])
            builder.Password = Uri.UnescapeDataString(password);
        foreach (var pair in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, value) = pair.Split('=', 2) is [var left, var right]
                ? (Uri.UnescapeDataString(left), Uri.UnescapeDataString(right))
                : (pair, "");
            // The name that libpq uses; the other settings have Npgsql's names.
            if (name == "sslmode")
                (name, value) = ("SSL Mode", value.Replace("-", "", StringComparison.Ordinal));
            try
            {
                builder[name] = value;
            }
            catch (Exception e) when (e is ArgumentException or KeyNotFoundException)
            {
                throw new FormatException($"'storage.ledger' has a setting '{name}' that PostgreSQL's client does not know or cannot read");
            }
        }

        return builder.ConnectionString;
    }
}
