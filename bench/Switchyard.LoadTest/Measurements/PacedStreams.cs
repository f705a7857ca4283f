using Switchyard.LoadTest.Load;
using Switchyard.LoadTest.Reporting;
using Switchyard.LoadTest.Upstream;

namespace Switchyard.LoadTest.Measurements;

/// <summary>
/// CPU of streams as models send them: a chunk every few milliseconds, each one separately. Nothing is saturated, so the figure includes
/// the cost of wake-ups.
/// </summary>
internal static class PacedStreams
{
    public static readonly StreamShape Shape = new(Chunks: 50, PaceMilliseconds: 10);

    /// <summary>Starts are spread over the length of one stream.</summary>
    public static readonly TimeSpan Ramp = TimeSpan.FromMilliseconds(Shape.Chunks * Shape.PaceMilliseconds);

    public static async Task RunAsync(Bench bench)
    {
        for (var round = 1; round <= bench.Options.Rounds; round++)
        {
            bench.Notes.Say(FormattableString.Invariant($"paced streams, round {round}"));
            foreach (var subject in bench.Turns(round))
            {
                var plan = new LoadPlan(subject.Port, RequestBytes.Stream(subject.Port, Shape), bench.Options.Streams, bench.Options.Turn)
                {
                    FramesExpected = Shape.Frames + subject.ExtraFrames,
                    Ramp = Ramp,
                };
                var turn = await QuietTurn.RunAsync(() => LoadTurn.RunAsync(bench, subject, plan));
                bench.Figures.Add(Metrics.CoreForeign, subject.Name, turn.ForeignPercent);
                bench.Figures.Add(Metrics.CpuPerStream, subject.Name, turn.CpuMicroseconds / turn.Result.Answers);
                bench.Figures.Add(Metrics.CpuPerChunk, subject.Name, turn.CpuMicroseconds / (turn.Result.Answers * Shape.Chunks));
            }
        }
    }
}
