namespace Switchyard.Calls;

/// <summary>
/// The typed key of one feature's section in a <see cref="CallSnapshot"/>. A section is resolved from the configuration once.
/// The feature declares its key in a static field; reading by it is an array access.
/// </summary>
/// <typeparam name="T">The section's type. Immutable and thread-safe.</typeparam>
public sealed class SectionKey<T>
    where T : class
{
    /// <summary>Creates a key, different from all others.</summary>
    public SectionKey() => Index = KeyIndex.NextSection();

    internal int Index { get; }
}

/// <summary>
/// The typed key of a slot on a <see cref="ModelCall"/>, in which a middleware stores a value for itself or for steps inside it. Declared
/// once, in a static field.
/// </summary>
/// <typeparam name="T">The value's type.</typeparam>
public sealed class SlotKey<T>
    where T : class
{
    /// <summary>Creates a key, different from all others.</summary>
    public SlotKey() => Index = KeyIndex.NextSlot();

    internal int Index { get; }
}

/// <summary>Numbers the keys of this process from 0, so that a key is an array index.</summary>
internal static class KeyIndex
{
    private static int s_sections = -1;
    private static int s_slots = -1;

    /// <summary>How many slot keys there are; more than the index of any that exists.</summary>
    public static int SlotCount => Volatile.Read(ref s_slots) + 1;

    public static int NextSection() => Interlocked.Increment(ref s_sections);

    public static int NextSlot() => Interlocked.Increment(ref s_slots);
}
