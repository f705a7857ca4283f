namespace Switchyard.Targets;

/// <summary>
/// Counts recent successes and failures in ten slots of time. Lock-free and thread-safe; an outcome at the instant at which a slot is
/// reused may be lost, which does not matter for a ratio over many.
/// </summary>
internal sealed class OutcomeWindow(TimeSpan length)
{
    private const int Slots = 10;

    private readonly long _slotTicks = Math.Max(1, length.Ticks / Slots);
    private readonly Slot[] _slots = new Slot[Slots];

    /// <summary>The time span of the window.</summary>
    public TimeSpan Length { get; } = length;

    /// <summary>Counts an outcome.</summary>
    public void Add(bool succeeded, TimeSpan now)
    {
        ref var slot = ref SlotAt(now);
        Interlocked.Increment(ref succeeded ? ref slot.Succeeded : ref slot.Failed);
    }

    /// <summary>The outcomes within the window.</summary>
    public (int Total, int Failed) CountAt(TimeSpan now)
    {
        var current = now.Ticks / _slotTicks;
        var (total, failed) = (0, 0);
        foreach (ref var slot in _slots.AsSpan())
        {
            if (Volatile.Read(ref slot.Number) <= current - Slots)
                continue;
            total += slot.Succeeded + slot.Failed;
            failed += slot.Failed;
        }

        return (total, failed);
    }

    /// <summary>Removes all outcomes.</summary>
    public void Clear() => Array.Clear(_slots);

    private ref Slot SlotAt(TimeSpan now)
    {
        var number = now.Ticks / _slotTicks;
        ref var slot = ref _slots[number % Slots];
        var seen = Volatile.Read(ref slot.Number);
        if (seen != number && Interlocked.CompareExchange(ref slot.Number, number, seen) == seen)
            (slot.Succeeded, slot.Failed) = (0, 0);
        return ref slot;
    }

    private struct Slot
    {
        public long Number;
        public int Succeeded;
        public int Failed;
    }
}
