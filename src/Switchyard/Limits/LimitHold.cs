using Switchyard.Calls;

namespace Switchyard.Limits;

/// <summary>The amounts that a call or an attempt has taken from its limits. Settled once, when it ends.</summary>
/// <param name="group">The limits.</param>
/// <param name="cost">The amounts taken; tokens are an estimate.</param>
/// <param name="takenAt">When they were taken.</param>
/// <param name="time">The clock.</param>
internal sealed class LimitHold(LimitGroup group, LimitCost cost, TimeSpan takenAt, TimeProvider time) : ITaken
{
    private int _isSettled;

    /// <inheritdoc/>
    public void Settle(int requests, long? tokens, long? output)
    {
        if (Interlocked.Exchange(ref _isSettled, 1) != 0)
            return;
        if (requests > 0 && group.CountsTokens && output is { } known)
            group.Answered(known);
        group.Settle(
            cost, takenAt, requests > 0 ? new LimitCost(requests, tokens ?? cost.Tokens) : default, time.GetElapsedTime(0));
    }
}
