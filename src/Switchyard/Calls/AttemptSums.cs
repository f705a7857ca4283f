namespace Switchyard.Calls;

/// <summary>What the attempts of a call add up to.</summary>
internal static class AttemptSums
{
    /// <summary>The time spent waiting for an answer before a moment; time in which two attempts waited counts once.</summary>
    /// <param name="attempts">The attempts.</param>
    /// <param name="time">The clock.</param>
    /// <param name="end">The moment, in ticks of the clock.</param>
    public static TimeSpan Waited(Attempt[] attempts, TimeProvider time, long end)
    {
        var (sum, counted) = (TimeSpan.Zero, long.MinValue);
        foreach (var attempt in attempts.Where(attempt => attempt.IsSent).OrderBy(attempt => attempt.SentTimestamp))
        {
            // A losing attempt may not have ended yet.
            var to = attempt.OpenTimestamp < 0 ? end : Math.Min(attempt.OpenTimestamp, end);
            var from = Math.Max(attempt.SentTimestamp, counted);
            if (to <= from)
                continue;
            sum += time.GetElapsedTime(from, to);
            counted = to;
        }

        return sum;
    }

    /// <summary>The tokens of all attempts; null if those of one are unknown.</summary>
    public static long? Tokens(IReadOnlyList<Attempt> attempts)
    {
        var sum = 0L;
        foreach (var attempt in attempts)
        {
            if (attempt.SpentTokens is not { } tokens)
                return null;
            sum += tokens;
        }

        return sum;
    }
}
