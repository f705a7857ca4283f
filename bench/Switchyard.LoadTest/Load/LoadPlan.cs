namespace Switchyard.LoadTest.Load;

/// <summary>The requests to send, the number of connections, and when to stop: by time, by count, or after too many failures.</summary>
internal sealed record LoadPlan(int Port, byte[] Request, int Connections, TimeSpan Duration)
{
    public TimeSpan Ramp { get; init; } = TimeSpan.Zero;

    /// <summary>Frames of each answer; 0 for one that is not streamed.</summary>
    public int FramesExpected { get; init; }

    public long MaxAnswers { get; init; } = 10_000_000;

    public long MaxFailures { get; init; } = 1_000;
}
