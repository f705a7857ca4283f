using Switchyard.LoadTest.Measurements;
using Switchyard.LoadTest.Reporting;

namespace Switchyard.LoadTest.Run;

/// <summary>The report that a run prints at its end.</summary>
internal static class RunReport
{
    public static void Write(Bench bench)
    {
        var machine = Machine.Current();
        foreach (var warning in Noise.Warnings(bench.Figures)) bench.Notes.Warn(warning);
        bench.Notes.Say("");
        bench.Notes.Say(machine.Text);
        bench.Notes.Say("");
        foreach (var line in ReportTable.Lines(bench.Figures)) bench.Notes.Say(line);
        bench.Notes.Say("");
        foreach (var line in RoundTable.Lines(bench.Figures)) bench.Notes.Say(line);
        if (bench.Options.Json is { } file) JsonReport.Write(file, machine, bench.Options, bench.Notes.Warnings, bench.Figures);
    }
}
