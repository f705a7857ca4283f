namespace Switchyard.Canonical;

/// <summary>
/// What one attempt could not carry: fields of the request that the target cannot be given, and parts of its answer that the client's
/// format has no place for. They are named in <c>x-switchyard-dropped</c>; in strict mode they are an error instead. Not thread-safe: one
/// report belongs to one attempt.
/// </summary>
public sealed class LossReport
{
    // By name and in order, because a client may send tens of thousands of fields. The values say nothing.
    private OrderedDictionary<string, bool>? _fields;

    /// <summary>
    /// The names in the order they were reported, each once. Those of the request are paths in the client's dialect (<c>logit_bias</c>,
    /// <c>messages[2].name</c>), those of the answer begin with <c>answer.</c>: <c>answer.content[1] (image/png)</c>.
    /// </summary>
    public IReadOnlyList<string> Fields => _fields?.Keys ?? (IReadOnlyList<string>)[];

    /// <summary>Whether everything was carried.</summary>
    public bool IsEmpty => _fields is null;

    /// <summary>
    /// Names a field that was not carried. Naming it twice is harmless. A field without a name, which JSON allows, is named <c>""</c>.
    /// </summary>
    public void Drop(string field)
    {
        ArgumentNullException.ThrowIfNull(field);
        (_fields ??= new(StringComparer.Ordinal)).TryAdd(field.Length == 0 ? "\"\"" : field, true);
    }
}
