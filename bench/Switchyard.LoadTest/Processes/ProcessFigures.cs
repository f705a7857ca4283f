using System.Globalization;

namespace Switchyard.LoadTest.Processes;

/// <summary>The CPU time that the kernel counts for a process: all its threads, user and system time.</summary>
internal static class ProcessFigures
{
    // The unit of /proc/PID/stat is fixed for user space on Linux at 1/100 s, for any kernel tick. The sum of user and
    // system time is scaled from the scheduler's exact runtime, so the only error is this rounding: 10 ms in a turn of seconds.
    private const double MicrosecondsPerTick = 10_000;

    public static double CpuMicroseconds(int process)
    {
        var stat = File.ReadAllText(FormattableString.Invariant($"/proc/{process}/stat"));
        // The program's name is in parentheses and may hold spaces; field 3, the state, is the first one after it.
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (Ticks(fields[14 - 3]) + Ticks(fields[15 - 3])) * MicrosecondsPerTick;
    }

    public static double ResidentMegabytes(int process)
    {
        var line = File.ReadLines(FormattableString.Invariant($"/proc/{process}/status"))
            .First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
        return Ticks(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2]) / 1024.0;
    }

    /// <summary>The time that a core was not idle, in microseconds.</summary>
    public static double CoreBusyMicroseconds(int core)
    {
        var name = FormattableString.Invariant($"cpu{core} ");
        var line = File.ReadLines("/proc/stat").First(l => l.StartsWith(name, StringComparison.Ordinal));
        var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        // user nice system idle iowait irq softirq steal; without idle and iowait.
        return (Ticks(fields[1]) + Ticks(fields[2]) + Ticks(fields[3]) + Ticks(fields[6]) + Ticks(fields[7]) + Ticks(fields[8]))
            * MicrosecondsPerTick;
    }

    private static long Ticks(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
