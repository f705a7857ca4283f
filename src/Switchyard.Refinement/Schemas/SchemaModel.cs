namespace Switchyard.Refinement.Schemas;

/// <summary>A parsed schema: its text and its places. Used by one refinement only.</summary>
internal sealed class SchemaModel
{
    /// <summary>Deeper schemas are refused.</summary>
    public const int MaxDepth = 64;

    /// <summary>Schemas with more places are refused.</summary>
    public const int MaxNodes = 2_000;

    private readonly Dictionary<string, (SchemaNode Node, SchemaNode? Parent, SchemaField? Field)> _places = new(StringComparer.Ordinal);

    /// <exception cref="SchemaTextException">The schema is too deep or too large.</exception>
    public SchemaModel(SchemaFormat format, string text, string typeName, SchemaNode root)
    {
        (Format, Text, TypeName, Root) = (format, text, typeName, root);
        Add(root, null, null, "", 0);
    }

    public SchemaFormat Format { get; }

    public string Text { get; }

    /// <summary>The requested type of the text; empty if none was named.</summary>
    public string TypeName { get; }

    public SchemaNode Root { get; }

    /// <summary>Every place, each once, in the order of the text's structure.</summary>
    public List<SchemaNode> Nodes { get; } = [];

    /// <summary>Every field, each once, with the object it belongs to.</summary>
    public List<(SchemaNode Parent, SchemaField Field)> Fields { get; } = [];

    /// <summary>The parts that the reader left unchanged, and why.</summary>
    public IEnumerable<string> Notes => Nodes.Where(node => node.Untouched is not null)
        .Select(node => $"{NameOf(node.Path)} was left unchanged: {node.Untouched}");

    /// <summary>The place at a path as in the evidence; null if there is none.</summary>
    public (SchemaNode Node, SchemaNode? Parent, SchemaField? Field)? Find(string path) =>
        _places.TryGetValue(path, out var place) ? place : null;

    public static string NameOf(string path) => path.Length == 0 ? "The schema itself" : $"'{path}'";

    /// <summary>The node after following references; null for a reference without a target.</summary>
    public static SchemaNode? Resolve(SchemaNode? node)
    {
        for (var hops = 0; node is { Facets.Kind: NodeKind.Reference }; hops++)
            node = hops < MaxDepth ? node.Target : null;
        return node;
    }

    private void Add(SchemaNode node, SchemaNode? parent, SchemaField? field, string path, int depth)
    {
        if (depth > MaxDepth)
            throw new SchemaTextException($"The schema is nested more than {MaxDepth} deep.");
        _places.TryAdd(path, (node, parent, field));
        // A target of several references, or of a recursive one, is recorded at its first path.
        if (node.Index >= 0)
            return;
        if (Nodes.Count == MaxNodes)
            throw new SchemaTextException($"The schema has more than {MaxNodes} places; refine it in parts.");
        node.Path = path;
        node.Index = Nodes.Count;
        Nodes.Add(node);
        foreach (var child in node.Fields)
        {
            Fields.Add((node, child));
            Add(child.Node, node, child, path.Length == 0 ? child.Name : $"{path}.{child.Name}", depth + 1);
        }

        if (node.Items is { } items)
            Add(items, node, null, path + "[]", depth + 1);
        if (node.Target is not { } target)
            return;
        if (Resolve(node) is null)
            throw new SchemaTextException($"{NameOf(path)} is a reference that points back to itself, so that no value satisfies it.");
        // The path keeps the reference's node, which holds whether the value may be missing or null.
        Add(target, parent, field, path, depth + 1);
    }
}
