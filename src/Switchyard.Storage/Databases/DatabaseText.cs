namespace Switchyard.Storage.Databases;

/// <summary>Texts that come from clients, before they are searched for.</summary>
internal static class DatabaseText
{
    /// <summary>
    /// Whether a database can hold a text. PostgreSQL refuses one with the character U+0000, also in a search: without this check a client
    /// that sends it gets "the database is unavailable" instead of "unknown".
    /// </summary>
    public static bool CanHold(string text) => !text.Contains('\0', StringComparison.Ordinal);
}
