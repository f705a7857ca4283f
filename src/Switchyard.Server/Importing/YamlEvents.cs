using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Switchyard.Server.Importing;

/// <summary>A YAML node as parsed: a scalar, or the entries of a list (without keys) or a map.</summary>
internal sealed record YamlEvent(string Text, int Line)
{
    public bool IsPlain { get; init; }

    public bool IsList { get; init; }

    public bool IsMap { get; init; }

    public List<(string? Key, YamlEvent Value)> Entries { get; init; } = [];
}

/// <summary>
/// Reads YAML as written in other products' files: with anchors, merge keys and tags, which Switchyard's configuration does not use.
/// </summary>
internal sealed class YamlEvents(Parser parser)
{
    private const int DeepestNesting = 64;

    private readonly Dictionary<AnchorName, YamlEvent> _anchors = [];

    /// <summary>The first document; null if there is none.</summary>
    public YamlEvent? Read()
    {
        parser.Consume<StreamStart>();
        if (!parser.TryConsume<DocumentStart>(out _))
            return null;
        var root = ReadItem(0);
        parser.Consume<DocumentEnd>();
        return parser.Accept<DocumentStart>(out var second)
            ? throw new YamlException(second.Start, second.End, "A second document starts here ('---'); import each by itself")
            : root;
    }

    private YamlEvent ReadItem(int depth)
    {
        if (parser.TryConsume<AnchorAlias>(out var alias))
        {
            return _anchors.TryGetValue(alias.Value, out var known)
                ? known
                : throw new YamlException(alias.Start, alias.End, "An alias (*name) names no anchor that ends above it");
        }

        var node = parser.Consume<NodeEvent>();
        if (depth > DeepestNesting)
            throw new YamlException(node.Start, node.End, $"Settings are nested more than {DeepestNesting} deep");
        var line = (int)node.Start.Line;
        var item = node switch
        {
            Scalar scalar => new YamlEvent(scalar.Value, line) { IsPlain = scalar.Style == ScalarStyle.Plain },
            SequenceStart => ReadList(line, depth),
            _ => ReadMap(line, depth),
        };
        if (!node.Anchor.IsEmpty)
            _anchors[node.Anchor] = item;
        return item;
    }

    private YamlEvent ReadList(int line, int depth)
    {
        var list = new YamlEvent("", line) { IsList = true };
        while (!parser.TryConsume<SequenceEnd>(out _))
            list.Entries.Add((null, ReadItem(depth + 1)));
        return list;
    }

    private YamlEvent ReadMap(int line, int depth)
    {
        var map = new YamlEvent("", line) { IsMap = true };
        var merged = new List<(string? Key, YamlEvent Value)>();
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            if (!parser.TryConsume<Scalar>(out var key))
                throw new YamlException(parser.Current!.Start, parser.Current.End, "A key must be plain text");
            var value = ReadItem(depth + 1);
            if (key is { Value: "<<", Style: ScalarStyle.Plain })
                merged.AddRange(value.IsList ? value.Entries.SelectMany(entry => entry.Value.Entries) : value.Entries);
            else
                map.Entries.Add((key.Value, value));
        }

        // The map's own keys override merged ones; of several merged maps the first wins.
        foreach (var entry in merged)
        {
            if (map.Entries.TrueForAll(own => own.Key != entry.Key) && entry.Key is not null)
                map.Entries.Add(entry);
        }

        return map;
    }
}
