using Switchyard.LoadTest.Measurements;
using Switchyard.LoadTest.Reporting;

namespace Switchyard.LoadTest.Run;

/// <summary>What a run prints at its end.</summary>
internal static class RunReport
{
    // Above it the neighbours of a subject have spoilt its cache and its turn often enough to show in the ratios.
    private const double ForeignLimitPercent = 3;

    public static void Write(Bench bench)
    {
        var machine = Machine.Current();
        WarnOfNoise(bench);
        bench.Notes.Say("");
        bench.Notes.Say(machine.Text);
        bench.Notes.Say("");
        foreach (var line in ReportTable.Lines(bench.Figures)) bench.Notes.Say(line);
        if (bench.Options.Json is { } file) JsonReport.Write(file, machine, bench.Options, bench.Notes.Warnings, bench.Figures);
    }

    private static void WarnOfNoise(Bench bench)
    {
        foreach (var subject in bench.Subjects)
        {
            if (Spread.Of(bench.Figures.Of(Metrics.CoreForeign, subject.Name)) is { } foreign && foreign.Max > ForeignLimitPercent)
                bench.Notes.Warn($"others took up to {Number.Text(foreign.Max, 0)} % of {subject.Name}'s core during a turn");
        }
    }
}
