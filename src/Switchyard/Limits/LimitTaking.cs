namespace Switchyard.Limits;

/// <summary>What a call took of its limits, or the limit that refused it.</summary>
/// <param name="Hold">The amounts taken; null if it was refused.</param>
/// <param name="Refusal">The refusal; null if it took what it needs.</param>
internal readonly record struct LimitTaking(LimitHold? Hold, LimitRefusal? Refusal)
{
    public LimitTaking(LimitHold hold)
        : this(hold, null)
    {
    }

    public LimitTaking(LimitRefusal refusal)
        : this(null, refusal)
    {
    }
}
