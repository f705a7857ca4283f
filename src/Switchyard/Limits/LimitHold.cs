using Switchyard.Calls;

namespace Switchyard.Limits;

/// <summary>What a call or an attempt has taken of its limits. Settled once, when it ends.</summary>
/// <param name="group">The limits.</param>
/// <param name="cost">What was taken, tokens by estimate.</param>
/// <param name="takenAt">When.</param>
/// <param name="time">The clock.</param>
internal sealed class LimitHold(LimitGroup group, LimitCost cost, TimeSpan takenAt, TimeProvider time) : ITaken
{
    private int _isSettled;

    /// <inheritdoc/>
    public void Settle(bool wasSent, long? tokens, long? output)
    {
        if (Interlocked.Exchange(ref _isSettled, 1) != 0)
            return;
        if (wasSent && group.CountsTokens && output is { } known)
            group.Answered(known);
        group.Settle(cost, takenAt, wasSent ? cost with { Tokens = tokens ?? cost.Tokens } : default, time.GetElapsedTime(0));
    }
}
