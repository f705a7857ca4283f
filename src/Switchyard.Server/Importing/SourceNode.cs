using Switchyard.Common;
using Switchyard.Configuration;

namespace Switchyard.Server.Importing;

/// <summary>The kind of a source node.</summary>
internal enum SourceKind
{
    Nothing,
    Text,
    Number,
    Flag,
    List,
    Map,
}

/// <summary>
/// A node of the source, with its position and its outcome. Every leaf ends with exactly one finding: an importer claims the settings
/// that it knows, and <see cref="ImportJob"/> refuses the rest.
/// </summary>
internal sealed class SourceNode
{
    private readonly List<SourceNode> _children = [];

    private SourceNode(SourceNode? parent, string name, string path, string pattern, SourceKind kind, string text, int line)
    {
        (Parent, Name, Path, Pattern, Kind, Text, Line) = (parent, name, path, pattern, kind, text, line);
        parent?._children.Add(this);
    }

    public SourceNode? Parent { get; }

    /// <summary>Its key, in lower case with underscores if the source allows both spellings; empty in a list.</summary>
    public string Name { get; }

    /// <summary>The path as written, for display.</summary>
    public string Path { get; }

    /// <summary>The path in the form of the mapping tables: <c>model_list[].litellm_params.rpm</c>.</summary>
    public string Pattern { get; }

    public SourceKind Kind { get; }

    /// <summary>The text of a scalar; empty for others.</summary>
    public string Text { get; }

    /// <summary>The line, from 1.</summary>
    public int Line { get; }

    public IReadOnlyList<SourceNode> Children => _children;

    /// <summary>The outcome; only leaves have one.</summary>
    public Finding? Finding { get; private set; }

    public bool IsLeaf => _children.Count == 0;

    /// <summary>The leaves below it; itself if it is a leaf.</summary>
    public IEnumerable<SourceNode> Leaves => IsLeaf ? [this] : _children.SelectMany(child => child.Leaves);

    /// <summary>The setting of this name; null if missing or without a value. If it is written twice, the last counts.</summary>
    public SourceNode? this[string name] =>
        Kind == SourceKind.Map ? _children.FindLast(child => child.Name == name && child.Kind != SourceKind.Nothing) : null;

    /// <summary>The first of these names that is set.</summary>
    public SourceNode? Any(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (this[name] is { } found)
                return found;
        }

        return null;
    }

    public static SourceNode Root(SourceKind kind, int line) => new(null, "", "", "", kind, "", line);

    public SourceNode Add(string written, string name, SourceKind kind, string text, int line)
    {
        // A key that looks like a secret is masked, as in all displayed text.
        var shown = Sanitizer.Clean(ConfigurationKeys.DisplayName(written, colons: true));
        if (shown.AsSpan().ContainsAny('.', ':'))
            shown = $"\"{shown}\"";
        return new(this, name, Joined(Path, shown), Joined(Pattern, name.Replace('.', '\u2024')), kind, text, line);

        static string Joined(string left, string right) => left.Length == 0 ? right : $"{left}.{right}";
    }

    public SourceNode Append(SourceKind kind, string text, int line) =>
        new(this, "", $"{Path}[{_children.Count}]", $"{Pattern}[]", kind, text, line);

    /// <summary>Records the outcome of the leaves; of several outcomes the worst counts.</summary>
    public void Claim(Outcome outcome, string? ours, string? reason)
    {
        foreach (var leaf in Leaves)
        {
            if (leaf.Finding is not { } known || outcome > known.Outcome)
                leaf.Finding = new(leaf.Path, leaf.Line, outcome, outcome == Outcome.Refused ? null : ours ?? leaf.Finding?.Ours, reason);
            else if (known.Ours is null && outcome == known.Outcome)
                leaf.Finding = known with { Ours = ours };
        }
    }
}
