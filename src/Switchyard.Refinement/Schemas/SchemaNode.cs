namespace Switchyard.Refinement.Schemas;

/// <summary>A place of a schema that takes a value. Nodes form a tree, except that references may refer back.</summary>
/// <param name="facets">Its rules.</param>
/// <param name="start">Where its text begins.</param>
/// <param name="end">Where its text ends.</param>
internal sealed class SchemaNode(Facets facets, int start, int end)
{
    public Facets Facets { get; set; } = facets;

    /// <summary>Its path: <c>address.city</c>, <c>tags[]</c>; empty for the root. If it has several paths, the first.</summary>
    public string Path { get; set; } = "";

    /// <summary>Its index in <see cref="SchemaModel.Nodes"/>, which no edit of the schema's text changes; -1 before it is
    /// set.</summary>
    public int Index { get; set; } = -1;

    public int Start => start;

    public int End => end;

    /// <summary>The fields of an object, in order.</summary>
    public List<SchemaField> Fields { get; } = [];

    /// <summary>Whether an object may have no other fields.</summary>
    public bool IsClosed { get; set; }

    /// <summary>The node of a list's items.</summary>
    public SchemaNode? Items { get; set; }

    /// <summary>The target of a reference.</summary>
    public SchemaNode? Target { get; set; }

    /// <summary>Why this place must not be changed; null if it may be.</summary>
    public string? Untouched { get; set; }

    /// <summary>The position data that the format's writer needs.</summary>
    public object? Layout { get; init; }
}

/// <summary>A field of an object.</summary>
/// <param name="Name">Its name in the data.</param>
/// <param name="Node">The node of its value.</param>
/// <param name="IsOptional">Whether it may be missing.</param>
/// <param name="Start">Where its declaration begins.</param>
/// <param name="End">Where its declaration ends.</param>
internal sealed record SchemaField(string Name, SchemaNode Node, bool IsOptional, int Start, int End)
{
    /// <summary>The position data that the format's writer needs.</summary>
    public object? Layout { get; init; }
}
