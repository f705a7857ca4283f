using System.Globalization;

namespace Switchyard.EndToEnd.Tests.Server;

/// <summary>The memory of a process, as Linux counts it.</summary>
internal static class ResidentMemory
{
    /// <summary>The resident bytes of a process.</summary>
    public static long Of(int processId)
    {
        var line = File.ReadLines($"/proc/{processId}/status").First(text => text.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) * 1024;
    }
}
