namespace Switchyard.Calls;

/// <summary>
/// A key or tenant that a call counts for, and that may limit it. One object for each of a configuration, so that
/// a feature resolves its value for it once. Immutable once its configuration is in force.
/// </summary>
public sealed class CallerScope
{
    private object?[] _slots = [];

    internal CallerScope(CallerScopeKind kind, string name) => (Kind, Name) = (kind, name);

    /// <summary>Its kind.</summary>
    public CallerScopeKind Kind { get; }

    /// <summary>The key's name, or the tenant's: <c>ci</c>, <c>acme/build</c>.</summary>
    public string Name { get; }

    /// <summary>Its configuration, or what a feature made of that; null if it has none.</summary>
    internal T? Get<T>(SlotKey<T> key)
        where T : class => key.Index < _slots.Length ? (T?)_slots[key.Index] : null;

    /// <summary>Adds its configuration while the snapshot is built. Null adds nothing.</summary>
    internal CallerScope With<T>(SlotKey<T> key, T? value)
        where T : class
    {
        if (value is null)
            return this;
        if (key.Index >= _slots.Length)
            Array.Resize(ref _slots, key.Index + 1);
        _slots[key.Index] = value;
        return this;
    }

    /// <summary>Kind and name, as shown in messages and records: <c>key ci</c>, <c>tenant acme/build</c>.</summary>
    public override string ToString() => Kind == CallerScopeKind.Key ? $"key {Name}" : $"tenant {Name}";
}

/// <summary>The kind of a <see cref="CallerScope"/>.</summary>
public enum CallerScopeKind
{
    /// <summary>A named key.</summary>
    Key,

    /// <summary>A tenant, or one above it.</summary>
    Tenant,
}
