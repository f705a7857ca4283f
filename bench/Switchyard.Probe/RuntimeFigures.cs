using System.Globalization;
using System.Runtime;

namespace Switchyard.Probe;

/// <summary>The counters of the runtime in a process since its start.</summary>
/// <param name="AllocatedBytes">Bytes allocated on the managed heap by all threads.</param>
/// <param name="CompiledMethods">Methods the just-in-time compiler has compiled. While it grows under load, the code has not
/// settled.</param>
/// <param name="Collections">Garbage collections of any generation.</param>
/// <param name="GcPause">The time that collections have stopped the program.</param>
public sealed record RuntimeFigures(long AllocatedBytes, long CompiledMethods, int Collections, TimeSpan GcPause)
{
    /// <summary>The figures of this process. All threads are stopped for a moment, so that the bytes are exact.</summary>
    public static RuntimeFigures Current() => new(
        GC.GetTotalAllocatedBytes(precise: true),
        JitInfo.GetCompiledMethodCount(),
        GC.CollectionCount(0),
        GC.GetTotalPauseDuration());

    /// <summary>The difference to <paramref name="before"/>.</summary>
    public RuntimeFigures Since(RuntimeFigures before)
    {
        ArgumentNullException.ThrowIfNull(before);
        return new(
            AllocatedBytes - before.AllocatedBytes,
            CompiledMethods - before.CompiledMethods,
            Collections - before.Collections,
            GcPause - before.GcPause);
    }

    internal string ToText() => FormattableString.Invariant($"{AllocatedBytes} {CompiledMethods} {Collections} {GcPause.Ticks}");

    internal static RuntimeFigures Parse(string text)
    {
        var numbers = Array.ConvertAll(text.Split(' '), word => long.Parse(word, CultureInfo.InvariantCulture));
        return new(numbers[0], numbers[1], (int)numbers[2], TimeSpan.FromTicks(numbers[3]));
    }
}
