namespace Switchyard.Canonical;

/// <summary>
/// The request fields that could not be carried to the target. They are named in <c>x-switchyard-dropped</c>; in strict mode they
/// are a 400 instead. Not thread-safe: one report belongs to one attempt.
/// </summary>
public sealed class LossReport
{
    private List<string>? _fields;
    private HashSet<string>? _seen;

    /// <summary>
    /// The fields in the order they were reported, each once, as paths in the client's dialect: <c>logit_bias</c>, <c>messages[2].name</c>.
    /// </summary>
    public IReadOnlyList<string> Fields => _fields ?? (IReadOnlyList<string>)[];

    /// <summary>Whether everything was carried.</summary>
    public bool IsEmpty => _fields is null;

    /// <summary>
    /// Names a field that was not carried. Naming it twice is harmless. A field without a name, which JSON allows, is named <c>""</c>.
    /// </summary>
    public void Drop(string field)
    {
        ArgumentNullException.ThrowIfNull(field);
        if (field.Length == 0)
            field = "\"\"";
        _seen ??= new(StringComparer.Ordinal);
        // A hash set, because a client may send tens of thousands of fields.
        if (_seen.Add(field))
            (_fields ??= []).Add(field);
    }
}
