namespace Switchyard.Calls;

/// <summary>
/// One of the things a call counts for, and may be limited by: a named key, or a tenant. One object for each of a configuration, so that
/// what a feature resolves of it is found once. Immutable once its configuration is in force.
/// </summary>
public sealed class CallerScope
{
    private object?[] _slots = [];

    internal CallerScope(CallerScopeKind kind, string name) => (Kind, Name) = (kind, name);

    /// <summary>What it is.</summary>
    public CallerScopeKind Kind { get; }

    /// <summary>The key's name, or the tenant's: <c>ci</c>, <c>acme/build</c>.</summary>
    public string Name { get; }

    /// <summary>What was configured for it, or what a feature made of that; null when nothing.</summary>
    internal T? Get<T>(SlotKey<T> key)
        where T : class => key.Index < _slots.Length ? (T?)_slots[key.Index] : null;

    /// <summary>Adds what is configured for it, while the configuration is being built. Null adds nothing.</summary>
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

    /// <summary>Kind and name, as messages and records show it: <c>key ci</c>, <c>tenant acme/build</c>.</summary>
    public override string ToString() => Kind == CallerScopeKind.Key ? $"key {Name}" : $"tenant {Name}";
}

/// <summary>What a <see cref="CallerScope"/> is.</summary>
public enum CallerScopeKind
{
    /// <summary>A named key.</summary>
    Key,

    /// <summary>A tenant, or one above it.</summary>
    Tenant,
}
