using Switchyard.Calls;

namespace Switchyard.Statistics;

/// <summary>What was written after the first token, and in what time: the speed at which answers are written.</summary>
/// <param name="Tokens">The output tokens.</param>
/// <param name="Time">From the first token to the end.</param>
internal readonly record struct Writing(long Tokens, TimeSpan Time)
{
    // An answer that comes in one piece says nothing of the speed at which it was written.
    private static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(10);

    /// <summary>The tokens of a second; null where nothing was written.</summary>
    public double? PerSecond => Time > TimeSpan.Zero ? Tokens / Time.TotalSeconds : null;

    /// <summary>What an attempt wrote that has ended; nothing where it was no stream, or its provider counts no tokens.</summary>
    public static Writing Of(ModelCall call, Attempt attempt)
    {
        if (!call.Envelope.Stream || !attempt.IsOpen || attempt.Usage.Output is not ({ } tokens and > 0))
            return default;
        var time = call.Time.GetElapsedTime(attempt.OpenTimestamp, attempt.EndTimestamp);
        return time >= s_shortest ? new(tokens, time) : default;
    }
}
