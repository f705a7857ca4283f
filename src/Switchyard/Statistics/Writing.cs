using Switchyard.Calls;

namespace Switchyard.Statistics;

/// <summary>The tokens written after the first one, and their time: the speed at which answers are written.</summary>
/// <param name="Tokens">The output tokens.</param>
/// <param name="Time">From the first token to the end.</param>
internal readonly record struct Writing(long Tokens, TimeSpan Time)
{
    // An answer that arrives in one piece does not show the speed at which it was written.
    private static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(10);

    /// <summary>The tokens per second; null if nothing was written.</summary>
    public double? PerSecond => Time > TimeSpan.Zero ? Tokens / Time.TotalSeconds : null;

    /// <summary>The writing of an ended attempt; the default if it was not a stream, or its provider counts no tokens.</summary>
    public static Writing Of(ModelCall call, Attempt attempt)
    {
        if (!call.Envelope.Stream || !attempt.IsOpen || attempt.Usage.Output is not ({ } tokens and > 0))
            return default;
        var time = call.Time.GetElapsedTime(attempt.OpenTimestamp, attempt.EndTimestamp);
        return time >= s_shortest ? new(tokens, time) : default;
    }
}
