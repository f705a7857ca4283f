using Switchyard.LoadTest.Load;

namespace Switchyard.LoadTest.Measurements;

/// <summary>Load until just-in-time compilation has settled, whole answers and streams, before anything is counted.</summary>
internal static class WarmUp
{
    public static async Task RunAsync(Bench bench)
    {
        if (bench.Options.WarmUp == TimeSpan.Zero) return;
        foreach (var subject in bench.Subjects)
        {
            bench.Notes.Say($"warming up {subject.Name}");
            await LoadTurn.RunAsync(bench, subject, new LoadPlan(
                subject.Port, RequestBytes.Completion(subject.Port), bench.Options.Connections, bench.Options.WarmUp));
            if (!bench.Options.Measures("streams") && !bench.Options.Measures("memory")) continue;

            var shape = PacedStreams.Shape;
            await LoadTurn.RunAsync(bench, subject, new LoadPlan(
                subject.Port, RequestBytes.Stream(subject.Port, shape), bench.Options.Streams, bench.Options.WarmUp / 2)
            {
                FramesExpected = shape.Frames + subject.ExtraFrames,
                Ramp = PacedStreams.Ramp,
            });
        }
    }
}
