using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Switchyard.Server.Importing;

/// <summary>Writes a draft as YAML, with comments on approximated settings, and records the line of each part.</summary>
internal sealed partial class DraftWriter
{
    private const int Width = 100;

    private readonly StringBuilder _text = new();
    private readonly Dictionary<int, DraftNode> _lines = [];
    private int _line = 1;

    private DraftWriter()
    {
    }

    [GeneratedRegex(@"^[A-Za-z0-9/_.][A-Za-z0-9/_.@+-]*$", RegexOptions.CultureInvariant)]
    private static partial Regex Plain { get; }

    /// <param name="root">The draft.</param>
    /// <param name="head">The comment lines at the top.</param>
    /// <param name="lines">The part on each line, from 1.</param>
    public static string Write(DraftNode root, IEnumerable<string> head, out IReadOnlyDictionary<int, DraftNode> lines)
    {
        var writer = new DraftWriter();
        foreach (var line in head)
            writer.Line($"# {line}");
        writer.Map(root, 0);
        lines = writer._lines;
        return writer._text.ToString();
    }

    private void Map(DraftNode map, int indent)
    {
        foreach (var (key, node) in map.Entries)
        {
            if (node.IsEmpty)
                continue;
            Comments(node, indent);
            Entry(node, $"{Spaces(indent)}{Text(key!)}:", indent);
        }
    }

    private void Entry(DraftNode node, string start, int indent)
    {
        _lines[_line] = node;
        if (node.Value is { } value)
        {
            Line($"{start} {Text(value)}");
        }
        else if (!node.IsList)
        {
            Line(start);
            Map(node, indent + 2);
        }
        else if (Flow(node) is { } flow && flow.Length + start.Length < Width)
        {
            Line($"{start} {flow}");
        }
        else
        {
            Line(start);
            foreach (var (_, item) in node.Entries)
                Item(item, indent + 2, isSaid: Flow(node) is not null);
        }
    }

    private void Item(DraftNode item, int indent, bool isSaid)
    {
        if (!isSaid)
            Comments(item, indent);
        _lines[_line] = item;
        if (item.Value is { } value)
        {
            Line($"{Spaces(indent)}- {Text(value)}");
            return;
        }

        // A map in a list holds only plain values, so it fits on one line.
        var parts = item.Entries.Where(entry => entry.Node.Value is not null).Select(entry =>
            $"{Text(entry.Key!)}: {Text(entry.Node.Value!)}");
        Line($"{Spaces(indent)}- {{ {string.Join(", ", parts)} }}");
    }

    /// <summary>A list of plain values on one line; null if it has other entries.</summary>
    private static string? Flow(DraftNode list) =>
        list.Entries.All(entry => entry.Node.Value is not null)
            ? $"[ {string.Join(", ", list.Entries.Select(entry => Text(entry.Node.Value!)))} ]"
            : null;

    private void Comments(DraftNode node, int indent)
    {
        // The comments on entries of a one-line list go above the list.
        var inline = node.IsList && Flow(node) is not null ? node.Entries.SelectMany(entry => Reasons(entry.Node)) : [];
        foreach (var reason in Reasons(node).Concat(inline).Distinct(StringComparer.Ordinal))
            Line($"{Spaces(indent)}# approximated: {reason}");
    }

    private static IEnumerable<string> Reasons(DraftNode node) =>
        node.Sources.SelectMany(source => source.Leaves).Select(leaf => leaf.Finding)
            .Where(finding => finding is { Outcome: Outcome.Approximated, Reason: not null })
            .Select(finding => finding!.Reason!).Distinct(StringComparer.Ordinal);

    private void Line(string line)
    {
        _text.Append(line).Append('\n');
        _line++;
    }

    private static string Spaces(int count) => new(' ', count);

    /// <summary>A scalar as YAML: plain if it cannot be misread, else in double quotes.</summary>
    private static string Text(string value)
    {
        if (Plain.IsMatch(value) && !value.Equals("null", StringComparison.OrdinalIgnoreCase))
            return value;
        var quoted = new StringBuilder("\"");
        foreach (var letter in value)
        {
            if (letter is '"' or '\\')
                quoted.Append('\\').Append(letter);
            else if (char.IsControl(letter) || letter is '\u2028' or '\u2029' or '\ufeff' || char.IsSurrogate(letter))
                quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)letter:X4}");
            else
                quoted.Append(letter);
        }

        return quoted.Append('"').ToString();
    }
}
