namespace Switchyard.Refinement.Schemas;

/// <summary>What kind of value a place of a schema takes.</summary>
internal enum NodeKind
{
    /// <summary>Anything: it was not understood, or says nothing.</summary>
    Any,
    Text,
    Number,
    Integer,
    Flag,
    List,
    Object,

    /// <summary>Whatever its target takes: a <c>$ref</c>, a schema or a record named elsewhere in the text.</summary>
    Reference,
}

/// <summary>One end of a range.</summary>
/// <param name="Value">The number.</param>
/// <param name="IsExclusive">Whether the number itself lies outside.</param>
internal readonly record struct Bound(decimal Value, bool IsExclusive = false);

/// <summary>What a place of a schema demands of a value, apart from its shape. Immutable.</summary>
internal sealed record Facets(NodeKind Kind)
{
    public static readonly Facets Anything = new(NodeKind.Any) { IsNullable = true };

    public bool IsNullable { get; init; }

    public Bound? Least { get; init; }

    public Bound? Most { get; init; }

    /// <summary>The shortest text, or the smallest list.</summary>
    public int? MinLength { get; init; }

    /// <summary>The longest text, or the largest list.</summary>
    public int? MaxLength { get; init; }

    /// <summary>The format of a text, as <see cref="TextFormats"/> names it.</summary>
    public string? Format { get; init; }

    /// <summary>The pattern of a text, as it is written.</summary>
    public string? Pattern { get; init; }

    /// <summary>The texts there may be; null for any.</summary>
    public Choices? Choices { get; init; }
}

/// <summary>The texts an enumeration allows: in order as written, and as a set, since there may be very many. Compared by
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
