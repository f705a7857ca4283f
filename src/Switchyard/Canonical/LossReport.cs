namespace Switchyard.Canonical;

/// <summary>
/// The losses of one attempt: fields of the request that cannot be sent to the target, and parts of its answer that the client's
/// format cannot hold. <c>x-switchyard-dropped</c> lists them; in strict mode they are an error instead. Not thread-safe: one
/// report belongs to one attempt.
/// </summary>
public sealed class LossReport
{
    // By name and in order, because a client may send tens of thousands of fields. The values have no meaning.
    private OrderedDictionary<string, bool>? _fields;

    /// <summary>
    /// The names in the order they were reported, each once. Those of the request are paths in the client's dialect (<c>logit_bias</c>,
    /// <c>messages[2].name</c>), those of the answer begin with <c>answer.</c>: <c>answer.content[1] (image/png)</c>.
    /// </summary>
    public IReadOnlyList<string> Fields => _fields?.Keys ?? (IReadOnlyList<string>)[];

    /// <summary>Whether everything was carried.</summary>
    public bool IsEmpty => _fields is null;

    /// <summary>
    /// Adds a field that was not carried. Adding it twice is harmless. A field without a name, which JSON allows, is listed as <c>""</c>.
    /// </summary>
    public void Drop(string field)
    {
        ArgumentNullException.ThrowIfNull(field);
        (_fields ??= new(StringComparer.Ordinal)).TryAdd(field.Length == 0 ? "\"\"" : field, true);
    }
}
