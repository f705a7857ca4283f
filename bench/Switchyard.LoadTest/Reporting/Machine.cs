using System.Globalization;
using System.Runtime.InteropServices;

namespace Switchyard.LoadTest.Reporting;

/// <summary>Where and when: figures without it cannot be compared with anything.</summary>
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
