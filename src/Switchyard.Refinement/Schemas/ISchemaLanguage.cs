namespace Switchyard.Refinement.Schemas;

/// <summary>Reads and edits the schemas of one format. Thread-safe.</summary>
internal interface ISchemaLanguage
{
    SchemaFormat Format { get; }

    /// <summary>Reads a schema.</summary>
    /// <param name="text">Its text.</param>
    /// <param name="typeName">The type of the text to read; empty takes the one that contains the others, usually the last.</param>
    /// <exception cref="SchemaTextException">The text cannot be read.</exception>
    SchemaModel Read(string text, string typeName);

    /// <summary>Writes a change into the text and leaves the rest unchanged.</summary>
    /// <returns>The new text; null if the format, or the form of this text, cannot express the change.</returns>
    string? Write(SchemaModel model, SchemaNode node, SchemaField? field, SchemaChange change);
}

/// <summary>The changes that can be made to a schema.</summary>
internal enum ChangeKind
{
    /// <summary>An optional field is always there.</summary>
    Required,

    /// <summary>A field may be missing.</summary>
    Optional,

    /// <summary>A value is never null.</summary>
    NotNull,

    /// <summary>A value may be null.</summary>
    Nullable,

    /// <summary>A number is whole.</summary>
    Integer,
    Minimum,
    Maximum,
    MinLength,
    MaxLength,
    MinItems,
    MaxItems,
    Pattern,
    Format,
    Enum,
}

/// <summary>A change, with its value.</summary>
/// <param name="Kind">The kind of change.</param>
internal sealed record SchemaChange(ChangeKind Kind)
{
    /// <summary>The bound, length or number of items.</summary>
    public decimal Number { get; init; }

    /// <summary>The pattern or the format.</summary>
    public string Text { get; init; } = "";

    /// <summary>The texts of an enumeration.</summary>
    public IReadOnlyList<string> Values { get; init; } = [];
}
