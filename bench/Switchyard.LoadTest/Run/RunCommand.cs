using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Switchyard.LoadTest.Load;
using Switchyard.LoadTest.Measurements;
using Switchyard.LoadTest.Processes;
using Switchyard.LoadTest.Reporting;
using Switchyard.LoadTest.Subjects;
using Switchyard.Probe;

namespace Switchyard.LoadTest.Run;

/// <summary>The verb <c>run</c>.</summary>
internal static class RunCommand
{
    public static async Task<int> RunAsync(Arguments arguments)
    {
        var options = RunOptions.Read(arguments);
        using var cancel = new CancellationTokenSource();
        using var children = new Children();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        try
        {
            await MeasureAsync(options, children, cancel.Token);
            return 0;
        }
        catch (Exception) when (cancel.IsCancellationRequested)
        {
            // A terminal sends Ctrl-C to the subjects as well: the exception is then often that one of them has ended.
            Console.Error.WriteLine("stopped");
            return 130;
        }
        catch (Exception e) when (e is RunFailedException or BadAnswerException or SocketException or TimeoutException)
        {
            Console.Error.WriteLine(e.Message);
            return 1;
        }

        void Stop(PosixSignalContext context)
        {
            // The process is not ended here: the normal exit also ends the child processes.
            context.Cancel = true;
            cancel.Cancel();
        }
    }

    private static async Task MeasureAsync(RunOptions options, Children children, CancellationToken cancelled)
    {
        var notes = new Notes();
        Surroundings.Check(options, notes);
        using var upstream = UpstreamProcess.Start(children, options.LoadCore);
        var programs = SubjectPrograms.Choose(options, upstream.Port, children.ScratchDirectory, notes);
        var bench = new Bench(options, children, programs, upstream, [], new Figures(), notes, cancelled);

        if (options.Measures("ready")) await TimeToReady.RunAsync(bench);
        if (options.Measures("idle")) await JustStarted.RunAsync(bench);
        if (options.MeasuresUnderLoad) await MeasureUnderLoadAsync(
            bench with { Subjects = [.. programs.Select(program => Start(bench, program))] });
        RunReport.Write(bench);
    }

    private static async Task MeasureUnderLoadAsync(Bench bench)
    {
        var options = bench.Options;
        await Verification.RunAsync(bench);
        await WarmUp.RunAsync(bench);
        if (options.Measures("cpu")) await Saturation.RunAsync(bench);
        if (options.Measures("latency")) await Latency.Small.RunAsync(bench);
        if (options.Measures("body")) await Latency.LargeBody.RunAsync(bench);
        if (options.Measures("streams")) await PacedStreams.RunAsync(bench);
        if (options.Measures("memory")) await OpenStreams.RunAsync(bench);
    }

    private static Subject Start(Bench bench, ISubjectProgram program)
    {
        var port = FreePort.Next();
        var from = Stopwatch.GetTimestamp();
        var probe = new RuntimeProbe(Path.Combine(bench.Children.ScratchDirectory, program.Name + ".probe"));
        var process = bench.Children.Start(program.Launch(port).WithQuickTiering().With(probe), bench.Options.SubjectCore);
        Readiness.Wait(process, port, from);
        return new Subject(program.Name, process, port, program.ExtraFrames, probe.IsThere ? probe : null);
    }
}
