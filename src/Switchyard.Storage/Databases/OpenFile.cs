using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Switchyard.Storage.Databases;

/// <summary>The file that a connection of SQLite has open.</summary>
internal static partial class OpenFile
{
    // SQLITE_FCNTL_HAS_MOVED: https://sqlite.org/c3ref/c_fcntl_begin_atomic_write.html
    private const int FileHasMoved = 20;

    /// <summary>
    /// Whether the path of an open file leads to no file, or to another one: SQLite compares the inode. Null where the system does not say,
    /// as on Windows, where an open file cannot be moved.
    /// </summary>
    public static bool? HasMoved(SqliteConnection connection)
    {
        try
        {
            return FileControl(connection.Handle!, "main", FileHasMoved, out var moved) == raw.SQLITE_OK ? moved != 0 : null;
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            // The host uses another library of SQLite than the one that this package brings.
            return null;
        }
    }

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_file_control", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int FileControl(sqlite3 database, string name, int operation, out int result);
}
