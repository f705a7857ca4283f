namespace Switchyard.Calls;

/// <summary>The sections of a snapshot, by key. Filled while the snapshot is built (by one thread), then only read.</summary>
internal sealed class CallSections
{
    private object?[] _sections = [];

    /// <summary>No section.</summary>
    public static readonly CallSections None = new();

    /// <summary>Adds a feature's section. Null, for a feature that is not configured, adds nothing.</summary>
    public CallSections With<T>(SectionKey<T> key, T? section)
        where T : class
    {
        if (section is null)
            return this;
        if (key.Index >= _sections.Length)
            Array.Resize(ref _sections, key.Index + 1);
        _sections[key.Index] = section;
        return this;
    }

    /// <summary>A feature's section; null if the feature is not configured.</summary>
    public T? Find<T>(SectionKey<T> key)
        where T : class =>
        key.Index < _sections.Length ? (T?)_sections[key.Index] : null;

    /// <summary>Whether a feature is configured.</summary>
    public bool Has<T>(SectionKey<T> key)
        where T : class => Find(key) is not null;
}
