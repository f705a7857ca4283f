using System.Data.Common;
using System.Globalization;
using System.Net.Sockets;
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

    /// <summary>Why a database is unavailable, in words, without the exception's message, which names its address.</summary>
    public static string CauseOf(Exception failure)
    {
        // The client's exception wraps the one that says what happened.
        for (var at = failure; at is not null; at = at.InnerException)
        {
            switch (at)
            {
                case SocketException { SocketErrorCode: SocketError.ConnectionRefused }:
                    return "the connection was refused";
                case SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData }:
                    return "the host was not found";
                case SocketException { SocketErrorCode: SocketError.TimedOut } or TimeoutException or OperationCanceledException:
                    return "it does not answer in time";
                case SocketException or EndOfStreamException:
                    return "the connection failed";
            }
        }

        return failure is NpgsqlException ? "the connection failed" : $"an unexpected failure, {failure.GetType().Name}";
    }
}
