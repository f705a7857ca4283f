using System.Data.Common;
using System.Globalization;
using Microsoft.Data.Sqlite;
using Npgsql;
using SQLitePCL;

namespace Switchyard.Storage.Databases;

/// <summary>Refusals of a database that trying again does not change.</summary>
internal static class DatabaseRefusals
{
    /// <summary>
    /// Whether a refusal is about what was to be written: for PostgreSQL the data (class 22), a constraint (23), or a value that an index
    /// cannot hold; for SQLite a value that is too long, or a constraint. Not about the server, the connection or the disk, with which the
    /// next try may succeed.
    /// </summary>
    public static bool IsOfContent(DbException refusal) => refusal switch
    {
        PostgresException postgres => postgres.SqlState.StartsWith("22", StringComparison.Ordinal)
            || postgres.SqlState.StartsWith("23", StringComparison.Ordinal)
            || postgres.SqlState == PostgresErrorCodes.ProgramLimitExceeded,
        SqliteException { SqliteErrorCode: raw.SQLITE_TOOBIG or raw.SQLITE_CONSTRAINT or raw.SQLITE_MISMATCH } => true,
        _ => false,
    };

    /// <summary>The database's code for a refusal, which contains none of the data.</summary>
    public static string CodeOf(DbException refusal) => refusal switch
    {
        PostgresException postgres => postgres.SqlState,
        SqliteException sqlite => sqlite.SqliteErrorCode.ToString(CultureInfo.InvariantCulture),
        _ => refusal.GetType().Name,
    };
}
