using Switchyard.Calls;
using Switchyard.Providers.Registry;

namespace Switchyard.Egress.Exchange;

/// <summary>
/// How long an attempt may take until its answer is open: the first token of a stream, or a whole answer. While another target may follow
/// it takes at most half of the call's remaining time, so that a target that hangs leaves some for the next.
/// </summary>
/// <param name="Phase">The kind of the limit, by which the message names the setting.</param>
/// <param name="Time">The limit.</param>
internal readonly record struct AttemptLimit(ClockPhase Phase, TimeSpan Time)
{
    /// <param name="call">The call.</param>
    /// <param name="attempt">The attempt.</param>
    /// <param name="lease">Its provider; the times configured for it override the general ones.</param>
    /// <param name="reasons">Whether the model is known to reason before it answers.</param>
    /// <param name="firstToken">The endpoint's own time of the first token; null for none.</param>
    public static AttemptLimit Of(
        ModelCall call, Attempt attempt, in ProviderLease lease, bool reasons = false, TimeSpan? firstToken = null)
    {
        var clocks = call.Snapshot.Clocks;
        var limit = call.Envelope.Stream
            ? new AttemptLimit(ClockPhase.FirstToken, FirstTokenOf(clocks, lease, reasons, firstToken))
            : new AttemptLimit(ClockPhase.Attempt, lease.AttemptTimeout ?? clocks.Attempt);
        if (call.Wishes is { } wishes && (call.Envelope.Stream ? wishes.FirstToken : wishes.Attempt) is { } wished && wished < limit.Time)
            limit = new AttemptLimit(ClockPhase.Wished, wished);
        if (!attempt.MayBeFollowed)
            return limit;
        var share = (clocks.Total - call.Elapsed) / 2;
        return share < limit.Time ? new AttemptLimit(ClockPhase.Share, share) : limit;
    }

    public void Start(AttemptClock clock) => clock.Enter(Phase, Time);

    private static TimeSpan FirstTokenOf(CallClocks clocks, in ProviderLease lease, bool reasons, TimeSpan? firstToken)
    {
        if ((firstToken ?? lease.FirstTokenTimeout) is { } own)
            return own;
        var usual = clocks.FirstTokenOf(reasons);
        // The catalogue marks slow providers: its time lengthens the usual one. It would shorten that of a model that reasons.
        return lease.SlowFirstToken is { } slow && slow > usual ? slow : usual;
    }
}
