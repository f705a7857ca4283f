using System.Globalization;
using Switchyard.Configuration.Binding;

namespace Switchyard.Server.Importing;

/// <summary>
/// One import: the source, its table, and the result. Code that reads a setting also records its outcome: a value of the wrong type is
/// refused, and <see cref="Sweep"/> refuses the settings that were not read.
/// </summary>
internal sealed class ImportJob
{
    public ImportJob(SourceNode root, MappingTable table, Variables variables, string name)
    {
        (Root, Table, Variables, Name) = (root, table, variables, name);
        Providers = new(this);
        Aliases = new(this);
    }

    public SourceNode Root { get; }

    public MappingTable Table { get; }

    public Variables Variables { get; }

    /// <summary>The name that the user gives the result if the source has none.</summary>
    public string Name { get; }

    public DraftNode Draft { get; } = new();

    public ProviderDrafts Providers { get; }

    public AliasDrafts Aliases { get; }

    /// <summary>Records the outcome of a setting's row for it.</summary>
    public void Claim(SourceNode? node)
    {
        foreach (var leaf in node?.Leaves ?? [])
        {
            var row = Table.Find(leaf);
            leaf.Claim(row?.Outcome ?? Outcome.Approximated, row?.Ours, Worded(row));
        }
    }

    /// <summary>Records that a setting was approximated, for a reason.</summary>
    public void Near(SourceNode? node, string reason)
    {
        foreach (var leaf in node?.Leaves ?? [])
            leaf.Claim(Outcome.Approximated, Table.Find(leaf)?.Ours, reason);
    }

    public static void Refuse(SourceNode? node, string reason) => node?.Claim(Outcome.Refused, null, reason);

    /// <summary>The text of a scalar; null, and refused, if the node is not a scalar with text.</summary>
    public static string? Text(SourceNode? node)
    {
        if (node is null)
            return null;
        if (node.Kind is SourceKind.Text or SourceKind.Number or SourceKind.Flag && !string.IsNullOrWhiteSpace(node.Text))
            return node.Text.Trim();
        Refuse(node, "text is expected here");
        return null;
    }

    public static decimal? Number(SourceNode? node)
    {
        if (node is null)
            return null;
        if (node.Kind is SourceKind.Number or SourceKind.Text && decimal.TryParse(
            node.Text.Replace("_", "", StringComparison.Ordinal), NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
            return number;
        Refuse(node, "a number is expected here");
        return null;
    }

    public static bool? Flag(SourceNode? node)
    {
        if (node is null)
            return null;
        switch (node.Text.ToUpperInvariant())
        {
            case "TRUE" or "YES" or "ON" when node.Kind is SourceKind.Flag or SourceKind.Text:
                return true;
            case "FALSE" or "NO" or "OFF" when node.Kind is SourceKind.Flag or SourceKind.Text:
                return false;
            default:
                Refuse(node, "true or false is expected here");
                return null;
        }
    }

    /// <summary>The entries of a list, or a scalar as the only entry; empty, and refused, for a map.</summary>
    public static IReadOnlyList<SourceNode> Items(SourceNode? node)
    {
        if (node is null or { Kind: SourceKind.List })
            return node?.Children ?? [];
        if (node.Kind == SourceKind.Map)
            Refuse(node, "a list is expected here");
        return node.Kind == SourceKind.Map ? [] : [node];
    }

    /// <summary>The settings of a map; empty, and refused, for any other node.</summary>
    public static IReadOnlyList<SourceNode> Entries(SourceNode? node)
    {
        if (node is null or { Kind: SourceKind.Map })
            return node?.Children ?? [];
        Refuse(node, "a map is expected here");
        return [];
    }

    /// <summary>A value as Switchyard writes it; null, and refused, if it does not have that form.</summary>
    public string? Value(SourceNode? node, Form form)
    {
        if (node is null)
            return null;
        if (Variables.NameIn(node) is not null && form is Form.Text or Form.Count or Form.Flag or Form.Seconds or Form.Milliseconds)
        {
            var kind = form switch { Form.Text => VariableKind.Secret, Form.Flag => VariableKind.Flag, _ => VariableKind.Number };
            return Variables.Plain(node, kind) + form switch { Form.Seconds => "s", Form.Milliseconds => "ms", _ => "" };
        }

        switch (form)
        {
            case Form.Text:
                return Text(node) is { } text ? Variables.Escape(text) : null;
            case Form.Flag or Form.Not:
                return Flag(node) is { } flag ? (flag == (form == Form.Flag) ? "true" : "false") : null;
            default:
                return Number(node) is { } number ? Written(node, number, form) : null;
        }
    }

    /// <summary>Writes a value to a path of the draft and records its outcome.</summary>
    /// <returns>Whether it was written.</returns>
    public bool Put(SourceNode? node, Form form, params ReadOnlySpan<string> path)
    {
        if (Value(node, form) is not { } value)
            return false;
        Claim(node);
        if (Draft.At(path).Set(value, node))
            return true;
        Refuse(node, $"{string.Join('.', path!)} is set by another setting already");
        return false;
    }

    /// <summary>Applies the rows that need no code: those with a form and a fixed path.</summary>
    public void Apply()
    {
        foreach (var row in Table.Rows.Where(row => row.Form is not Form.Code and not Form.None && !row.From.Contains('*',
            StringComparison.Ordinal)))
        {
            var node = Root;
            foreach (var name in row.From.Split('.'))
                node = node?[name];
            Put(node, row.Form, row.Ours.Split('.'));
        }
    }

    /// <summary>Records an outcome for each setting that was not read: that of its row, or a refusal.</summary>
    public void Sweep()
    {
        foreach (var leaf in Root.Leaves.Where(leaf => leaf.Finding is null))
        {
            var row = Table.Find(leaf);
            if (row is { Form: Form.None })
                leaf.Claim(row.Outcome, row.Ours, Worded(row));
            else if (leaf.Kind is SourceKind.Nothing or SourceKind.Map or SourceKind.List)
                leaf.Claim(Outcome.Exact, null, "it holds nothing");
            else if (leaf.Parent is { Kind: SourceKind.Map } parent && parent[leaf.Name] is { } last && last != leaf)
                Refuse(leaf, "it is set again further down, and that value is used");
            else
                Refuse(leaf, row is null ? "there is no setting of this name in the importer's tables"
                    : "it has no effect at this place");
        }
    }

    public static string Duration(decimal milliseconds) => DurationText.Format(TimeSpan.FromMilliseconds((long)milliseconds));

    private static string? Worded(Mapping? row) => row is null or { Note: "" } ? null : row.Note;

    private static string? Written(SourceNode node, decimal number, Form form)
    {
        var (factor, least) = form switch
        {
            Form.Seconds => (1_000m, 0m),
            Form.Days => (86_400_000m, 0m),
            Form.Tries => (1m, 0m),
            _ => (1m, 0m),
        };
        // A billion seconds or 11,574 days: more than any setting takes, and less than a time span holds.
        if (number < least || number > 1_000_000_000m || number * factor > 1_000_000_000_000m
            || (form is Form.Count or Form.Tries or Form.Megabytes && number % 1 != 0))
        {
            Refuse(node, "it is out of range");
            return null;
        }

        return form switch
        {
            Form.Count => Plain(number),
            Form.Tries => Plain(number + 1),
            Form.Megabytes => $"{Plain(number)}MB",
            _ => Duration(number * factor),
        };
    }

    private static string Plain(decimal number) => number.ToString("0.############", CultureInfo.InvariantCulture);
}
