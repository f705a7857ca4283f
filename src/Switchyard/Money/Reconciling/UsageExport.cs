using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Switchyard.Money.Reconciling;

/// <summary>
/// Reads a provider's usage or cost export: CSV with a header line, or the JSON of its usage API, with any number of pages. Its columns
/// determine what is compared.
/// </summary>
internal static class UsageExport
{
    /// <summary>Reads an export.</summary>
    /// <param name="text">The content of the file.</param>
    /// <exception cref="FormatException">It is neither, has no day, or a value cannot be read; the message gives the position.</exception>
    public static IReadOnlyList<ExportLine> Read(string text)
    {
        var lines = text.TrimStart('\uFEFF', ' ', '\r', '\n') is ['{' or '[', ..] json ? ReadJson(json) : ReadCsv(text.TrimStart('\uFEFF'));
        return lines.Count > 0
            ? lines
            : throw new FormatException("The export holds no usage: no line has a day together with tokens, requests or a cost.");
    }

    private static List<ExportLine> ReadCsv(string text)
    {
        var found = new List<ExportLine>();
        ExportColumn?[]? columns = null;
        foreach (var (number, cells) in Rows(text))
        {
            if (columns is null)
            {
                columns = [.. cells.Select(ExportColumns.Find)];
                // Columns of one kind are added up, as parts of it: one that is there twice would count double.
                if (ExportColumns.FindRepeated(cells) is { } twice)
                    throw new FormatException($"The first line names the column '{twice}' twice: remove one of them.");
                if (!columns.Contains(ExportColumn.Day))
                {
                    throw new FormatException(
                        "The first line must name the columns, and one of them the day: 'day', 'date', 'start_time' or 'usage_date_utc'.");
                }

                continue;
            }

            var values = columns.Zip(cells).Where(pair => pair.First is not null).Select(pair => (pair.First!.Value, pair.Second.Trim()));
            if (ExportColumns.Read([.. values], string.Create(CultureInfo.InvariantCulture, $"Line {number}")) is { } line)
                found.Add(line);
        }

        return found;
    }

    /// <summary>The rows of CSV with their line numbers, quoted cells included; the separator is that of the first line.</summary>
    private static IEnumerable<(int Line, List<string> Cells)> Rows(string text)
    {
        var first = text.AsSpan(0, text.AsSpan().IndexOfAny('\r', '\n') is var end and >= 0 ? end : text.Length);
        var separator = first.Contains('\t') ? '\t' : first.Contains(';') && !first.Contains(',') ? ';' : ',';
        var (cells, cell, quoted, line, began) = (new List<string>(), new StringBuilder(), false, 1, 1);
        for (var i = 0; i <= text.Length; i++)
        {
            var letter = i < text.Length ? text[i] : '\n';
            if (letter == '\n')
                line++;
            if (quoted && i < text.Length)
            {
                if (letter != '"')
                    cell.Append(letter);
                else if (i + 1 < text.Length && text[i + 1] == '"')
                    cell.Append(text[++i]);
                else
                    quoted = false;
                continue;
            }

            if (letter == '"')
            {
                quoted = true;
            }
            else if (letter == separator || letter == '\n')
            {
                cells.Add(cell.ToString());
                cell.Clear();
                if (letter != '\n')
                    continue;
                if (cells is not [""])
                    yield return (began, cells);
                (cells, began) = ([], line);
            }
            else if (letter != '\r')
            {
                cell.Append(letter);
            }
        }
    }

    private static List<ExportLine> ReadJson(string text)
    {
        var found = new List<ExportLine>();
        try
        {
            using var document = JsonDocument.Parse(text);
            Visit(document.RootElement, null, "$", found);
        }
        catch (JsonException e)
        {
            throw new FormatException($"The export is not complete JSON: line {e.LineNumber + 1} cannot be read.", e);
        }

        return found;
    }

    /// <summary>A bucket of time holds results; a result is a line of the day its bucket begins on.</summary>
    private static void Visit(JsonElement element, string? day, string path, List<ExportLine> found)
    {
        if (element.ValueKind == JsonValueKind.Array)
        {
            var i = 0;
            foreach (var item in element.EnumerateArray())
                Visit(item, day, string.Create(CultureInfo.InvariantCulture, $"{path}[{i++}]"), found);
            return;
        }

        if (element.ValueKind != JsonValueKind.Object)
            return;
        var values = new List<(ExportColumn Column, string Value)>();
        Collect(element, "", values);
        day = values.Where(entry => entry.Column == ExportColumn.Day).Select(entry => entry.Value).FirstOrDefault() ?? day;
        var isBucket = false;
        foreach (var name in (string[])["data", "results"])
        {
            if (!element.TryGetProperty(name, out var inner) || inner.ValueKind != JsonValueKind.Array)
                continue;
            isBucket = true;
            Visit(inner, day, $"{path}.{name}", found);
        }

        if (isBucket || day is null)
            return;
        values.RemoveAll(entry => entry.Column == ExportColumn.Day);
        values.Add((ExportColumn.Day, day));
        if (ExportColumns.Read(values, path) is { } line)
            found.Add(line);
    }

    private static void Collect(JsonElement element, string prefix, List<(ExportColumn Column, string Value)> values)
    {
        foreach (var property in element.EnumerateObject())
        {
            if (property.Value.ValueKind == JsonValueKind.Object)
            {
                // "amount": { "value": 0.06, "currency": "usd" } is dollars; other nested values have their own names.
                Collect(property.Value, property.Name == "amount" ? "amount_" : "", values);
                continue;
            }

            // A plain amount is in the smallest unit of its currency.
            var name = prefix + property.Name == "amount" ? "amount_cents" : prefix + property.Name;
            if (property.Value.ValueKind is JsonValueKind.String or JsonValueKind.Number && ExportColumns.Find(name) is { } column)
                values.Add((column, property.Value.ToString()));
        }
    }
}
