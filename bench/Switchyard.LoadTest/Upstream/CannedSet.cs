using System.Globalization;

namespace Switchyard.LoadTest.Upstream;

/// <summary>The upstream's answers in one format.</summary>
/// <param name="Whole">A whole answer.</param>
/// <param name="First">A stream up to and including its first content.</param>
/// <param name="Next">One further content frame.</param>
/// <param name="End">The end of a stream.</param>
/// <param name="EndWithUsage">The end for a caller that asked for usage.</param>
internal sealed record CannedSet(byte[] Whole, byte[] First, byte[] Next, byte[] End, byte[] EndWithUsage)
{
    public string WholeLength { get; } = Whole.Length.ToString(CultureInfo.InvariantCulture);
}
