using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Switchyard.Storage.Databases;

/// <summary>
/// A statement of SQLite that is prepared once and run often, with its values bound in their order. A <see cref="SqliteCommand"/> looks up
/// each parameter by its name and boxes each value at every run, which for a line of forty columns costs more than the insert itself. Not
/// thread-safe.
/// </summary>
internal sealed class PreparedStatement : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly sqlite3_stmt _statement;
    private int _bound;

    /// <summary>Prepares a statement; parameters are written as <c>?</c>.</summary>
    /// <exception cref="SqliteException">It is not valid, or the database cannot be read.</exception>
    public PreparedStatement(SqliteConnection connection, string sql)
    {
        _connection = connection;
        Demand(raw.sqlite3_prepare_v3(connection.Handle, sql, raw.SQLITE_PREPARE_PERSISTENT, out _statement));
    }

    /// <summary>Binds the next parameter.</summary>
    public void Bind(long value) => Demand(raw.sqlite3_bind_int64(_statement, ++_bound, value));

    /// <inheritdoc cref="Bind(long)"/>
    public void Bind(long? value)
    {
        if (value is { } number)
            Bind(number);
        else
            Demand(raw.sqlite3_bind_null(_statement, ++_bound));
    }

    /// <inheritdoc cref="Bind(long)"/>
    public void Bind(bool value) => Bind(value ? 1 : 0);

    /// <inheritdoc cref="Bind(long)"/>
    public void Bind(string? value)
    {
        if (value is null)
        {
            Demand(raw.sqlite3_bind_null(_statement, ++_bound));
            return;
        }

        var most = Encoding.UTF8.GetMaxByteCount(value.Length);
        var bytes = most <= 512 ? stackalloc byte[512] : new byte[most];
        // SQLite makes a copy of it.
        Demand(raw.sqlite3_bind_text(_statement, ++_bound, bytes[..Encoding.UTF8.GetBytes(value, bytes)]));
    }

    /// <inheritdoc cref="Bind(long)"/>
    public void Bind(ReadOnlySpan<byte> value) => Demand(raw.sqlite3_bind_blob(_statement, ++_bound, value));

    /// <summary>Binds the next parameter to the 16 bytes of an id, the most significant first.</summary>
    public void Bind(Guid value)
    {
        Span<byte> bytes = stackalloc byte[16];
        value.TryWriteBytes(bytes, bigEndian: true, out _);
        Bind(bytes);
    }

    /// <summary>Runs it with the values bound since the last time.</summary>
    /// <returns>The number of rows that it changed.</returns>
    /// <exception cref="SqliteException">It failed.</exception>
    public int Run()
    {
        _bound = 0;
        var result = raw.sqlite3_step(_statement);
        var changed = raw.sqlite3_changes(_connection.Handle);
        // After a failed step, reset returns the same error again.
        var reset = raw.sqlite3_reset(_statement);
        Demand(result == raw.SQLITE_DONE ? reset : result);
        return changed;
    }

    /// <inheritdoc/>
    public void Dispose() => _statement.Dispose();

    private void Demand(int result) => SqliteException.ThrowExceptionForRC(result, _connection.Handle);
}
