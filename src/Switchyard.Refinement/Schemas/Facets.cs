namespace Switchyard.Refinement.Schemas;

/// <summary>The kind of value that a place of a schema accepts.</summary>
internal enum NodeKind
{
    /// <summary>Any value: the schema was not understood, or sets no rule.</summary>
    Any,
    Text,
    Number,
    Integer,
    Flag,
    List,
    Object,

    /// <summary>The kind of its target: a <c>$ref</c>, a schema or a record declared elsewhere in the text.</summary>
    Reference,
}

/// <summary>One end of a range.</summary>
/// <param name="Value">The number.</param>
/// <param name="IsExclusive">Whether the number itself is excluded.</param>
internal readonly record struct Bound(decimal Value, bool IsExclusive = false);

/// <summary>The rules of a place of a schema for a value, apart from its shape. Immutable.</summary>
internal sealed record Facets(NodeKind Kind)
{
    public static readonly Facets Anything = new(NodeKind.Any) { IsNullable = true };

    public bool IsNullable { get; init; }

    public Bound? Least { get; init; }

    public Bound? Most { get; init; }

    /// <summary>The minimum length of a text, or size of a list.</summary>
    public int? MinLength { get; init; }

    /// <summary>The maximum length of a text, or size of a list.</summary>
    public int? MaxLength { get; init; }

    /// <summary>The format of a text, a name of <see cref="TextFormats"/>.</summary>
    public string? Format { get; init; }

    /// <summary>The pattern of a text, as written.</summary>
    public string? Pattern { get; init; }

    /// <summary>The allowed texts; null for any.</summary>
    public Choices? Choices { get; init; }
}

/// <summary>The texts that an enumeration allows: as written, and as a set, because there may be very many. Compared by
/// content.</summary>
internal sealed class Choices(IReadOnlyList<string> values) : IEquatable<Choices>
{
    private readonly HashSet<string> _set = new(values, StringComparer.Ordinal);

    public IReadOnlyList<string> Values => values;

    public bool Contains(string value) => _set.Contains(value);

    public bool Equals(Choices? other) => other is not null && _set.SetEquals(other._set);

    public override bool Equals(object? obj) => Equals(obj as Choices);

    public override int GetHashCode() => _set.Count;
}
