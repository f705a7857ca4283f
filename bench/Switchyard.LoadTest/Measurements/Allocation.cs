using System.Globalization;
using Switchyard.LoadTest.Run;
using Switchyard.LoadTest.Subjects;

namespace Switchyard.LoadTest.Measurements;

/// <summary>
/// What a process has allocated since it started. Only the pass-through says so; the gateway's figure comes from the micro-benchmarks
/// and the allocation tests, which see the code alone.
/// </summary>
internal static class Allocation
{
    public static async Task<long?> ReadAsync(RunOptions options, Subject subject)
    {
        if (!options.Allocations || subject.Name != SubjectNames.Kestrel) return null;
        using var client = new HttpClient();
        var text = await client.GetStringAsync(new Uri(FormattableString.Invariant($"http://127.0.0.1:{subject.Port}/bench/alloc")));
        return long.Parse(text, CultureInfo.InvariantCulture);
    }
}
