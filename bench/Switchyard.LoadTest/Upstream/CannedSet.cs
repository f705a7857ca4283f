using System.Globalization;

namespace Switchyard.LoadTest.Upstream;

/// <summary>What the upstream says in one format.</summary>
/// <param name="Whole">A whole answer.</param>
/// <param name="First">A stream up to its first content, that included.</param>
/// <param name="Next">One further content frame.</param>
/// <param name="End">What ends a stream.</param>
/// <param name="EndWithUsage">The end as a caller gets it who asked for usage.</param>
internal sealed record CannedSet(byte[] Whole, byte[] First, byte[] Next, byte[] End, byte[] EndWithUsage)
{
    public string WholeLength { get; } = Whole.Length.ToString(CultureInfo.InvariantCulture);
}
