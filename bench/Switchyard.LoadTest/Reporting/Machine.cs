using System.Globalization;
using System.Runtime.InteropServices;

namespace Switchyard.LoadTest.Reporting;

/// <summary>The machine and the date of a run, without which figures cannot be compared.</summary>
internal sealed record Machine(string Date, string Processor, int Cores, string System, string Runtime)
{
    public static Machine Current() => new(
        TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) + " UTC",
        ProcessorName(),
        Environment.ProcessorCount,
        RuntimeInformation.OSDescription,
        RuntimeInformation.FrameworkDescription);

    public string Text => $"{Date} · {Processor}, {Number.Text(Cores, 0)} cores · {System} · {Runtime}";

    private static string ProcessorName() =>
        File.ReadLines("/proc/cpuinfo")
            .FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?
            .Split(':', 2)[1].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
}
