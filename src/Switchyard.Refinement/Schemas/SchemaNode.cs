namespace Switchyard.Refinement.Schemas;

/// <summary>A place of a schema that takes a value. A tree, apart from the targets of references, which may lead back up.</summary>
/// <param name="facets">What it demands.</param>
/// <param name="start">Where its text begins.</param>
/// <param name="end">Where its text ends.</param>
internal sealed class SchemaNode(Facets facets, int start, int end)
{
    public Facets Facets { get; set; } = facets;

    /// <summary>Where it is: <c>address.city</c>, <c>tags[]</c>; empty for the root. Of several ways to it, the first.</summary>
    public string Path { get; set; } = "";

    /// <summary>Its place in the order of <see cref="SchemaModel.Nodes"/>, which no change of a schema's text moves; -1 before it has
    /// one.</summary>
    public int Index { get; set; } = -1;

    public int Start => start;

    public int End => end;

    /// <summary>The fields of an object, in their order.</summary>
    public List<SchemaField> Fields { get; } = [];

    /// <summary>Whether an object may have no other fields.</summary>
    public bool IsClosed { get; set; }

    /// <summary>What the items of a list are.</summary>
    public SchemaNode? Items { get; set; }

    /// <summary>What a reference leads to.</summary>
    public SchemaNode? Target { get; set; }

    /// <summary>Why nothing is changed here; null where it may be.</summary>
    public string? Untouched { get; set; }

    /// <summary>What the writer of the format needs to know of the text.</summary>
    public object? Layout { get; init; }
}

/// <summary>A field of an object.</summary>
/// <param name="Name">Its name in the data.</param>
/// <param name="Node">What its value is.</param>
/// <param name="IsOptional">Whether it may be missing.</param>
/// <param name="Start">Where its declaration begins.</param>
/// <param name="End">Where its declaration ends.</param>
internal sealed record SchemaField(string Name, SchemaNode Node, bool IsOptional, int Start, int End)
{
    /// <summary>What the writer of the format needs to know of the text.</summary>
    public object? Layout { get; init; }
}
