namespace Switchyard.Calls;

/// <summary>
/// Names one feature's part of a <see cref="CallSnapshot"/>: what the configuration says of it, resolved once. A feature declares one key in a
/// static field and reads its section by it, which is an array access.
/// </summary>
/// <typeparam name="T">The section's type. Immutable and thread-safe.</typeparam>
public sealed class SectionKey<T>
    where T : class
{
    /// <summary>A key of its own.</summary>
    public SectionKey() => Index = KeyIndex.NextSection();

    internal int Index { get; }
}

/// <summary>
/// Names a place on a <see cref="ModelCall"/> where a step keeps a fact of that call for itself or for steps inside it. Declared once, in a
/// static field.
/// </summary>
/// <typeparam name="T">The fact's type.</typeparam>
public sealed class SlotKey<T>
    where T : class
{
    /// <summary>A key of its own.</summary>
    public SlotKey() => Index = KeyIndex.NextSlot();

    internal int Index { get; }
}

/// <summary>Numbers the keys of this process from 0, so that a key is a place in an array.</summary>
internal static class KeyIndex
{
    private static int s_sections = -1;
    private static int s_slots = -1;

    public static int NextSection() => Interlocked.Increment(ref s_sections);

    public static int NextSlot() => Interlocked.Increment(ref s_slots);
}
