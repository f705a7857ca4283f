namespace Switchyard.Server.Importing;

/// <summary>How a value is written in the result.</summary>
internal enum Form
{
    /// <summary>The importer's code reads it.</summary>
    Code,

    /// <summary>Nothing is written: the behaviour is the default, is set elsewhere, or is refused.</summary>
    None,

    /// <summary>Text as it is.</summary>
    Text,

    /// <summary>A whole number.</summary>
    Count,

    /// <summary>A whole number of retries, written as attempts: one more.</summary>
    Tries,

    /// <summary>True or false.</summary>
    Flag,

    /// <summary>True or false, inverted.</summary>
    Not,

    /// <summary>A number of seconds.</summary>
    Seconds,

    /// <summary>A number of milliseconds.</summary>
    Milliseconds,

    /// <summary>A number of days.</summary>
    Days,

    /// <summary>A number of megabytes.</summary>
    Megabytes,
}

/// <summary>A row of a mapping table: a setting of the source and its outcome. The documentation shows the same rows.</summary>
/// <param name="From">
/// The setting: <c>[]</c> is any entry of a list, <c>*</c> any name, and <c>**</c> at the end everything below.
/// </param>
/// <param name="Outcome">The usual outcome; a value or position may have a worse one.</param>
/// <param name="Ours">The setting of Switchyard; empty if there is none.</param>
/// <param name="Note">The difference, or why it is refused; empty if exact.</param>
/// <param name="Form">How its value is written.</param>
internal sealed record Mapping(string From, Outcome Outcome, string Ours, string Note, Form Form = Form.Code)
{
    private readonly string[] _parts = From.Split('.');

    public static Mapping Exact(string from, string ours, Form form = Form.Code, string note = "") =>
        new(from, Outcome.Exact, ours, note, form);

    public static Mapping Near(string from, string ours, string note, Form form = Form.Code) =>
        new(from, Outcome.Approximated, ours, note, form);

    public static Mapping No(string from, string reason) => new(from, Outcome.Refused, "", reason, Form.None);

    /// <summary>How well the row matches a setting: higher for more equal names; null if it does not match.</summary>
    public int? Fit(string[] path)
    {
        var isOpen = _parts[^1] == "**";
        var length = isOpen ? _parts.Length - 1 : _parts.Length;
        if (path.Length < length || (path.Length > length && !isOpen))
            return null;
        var fit = 0;
        for (var index = 0; index < length; index++)
        {
            // "**" after a list also matches below its entries.
            var name = isOpen && index == length - 1 ? path[index].Replace("[]", "", StringComparison.Ordinal) : path[index];
            var isAny = _parts[index] is "*" or "*[]" && name.EndsWith("[]", StringComparison.Ordinal) == (_parts[index] == "*[]");
            if (!isAny && name != _parts[index])
                return null;
            fit += isAny ? 1 : 3;
        }

        return isOpen ? fit : fit + 1;
    }
}

/// <summary>The rows of one source. Immutable.</summary>
/// <param name="rows">The rows.</param>
/// <param name="repeats">A prefix that may repeat before a setting and that the rows omit; null for none.</param>
internal sealed class MappingTable(IReadOnlyList<Mapping> rows, string? repeats = null)
{
    public IReadOnlyList<Mapping> Rows { get; } = rows;

    /// <summary>The row that matches a setting best; null if none matches.</summary>
    public Mapping? Find(SourceNode node)
    {
        var pattern = node.Pattern;
        while (repeats is not null && pattern.StartsWith(repeats, StringComparison.Ordinal))
            pattern = pattern[repeats.Length..];
        var path = pattern.Split('.');
        return Rows.Select(row => (Row: row, Fit: row.Fit(path))).Where(found => found.Fit is not null).OrderByDescending(found =>
            found.Fit)
            .FirstOrDefault().Row;
    }
}
