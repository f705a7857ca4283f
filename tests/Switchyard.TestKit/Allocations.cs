namespace Switchyard.TestKit;

/// <summary>Measures what code allocates on its own thread.</summary>
public static class Allocations
{
    private const int Rounds = 20;

    /// <summary>
    /// The fewest bytes that one of several rounds has allocated. The runtime may allocate while it recompiles a method, which is in one
    /// round; what the methods allocate themselves is in every round.
    /// </summary>
    /// <param name="round">The code to measure, which has run before. It must not change threads.</param>
    public static long Fewest(Action round)
    {
        var fewest = long.MaxValue;
        for (var i = 0; i < Rounds && fewest > 0; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            round();
            fewest = Math.Min(fewest, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return fewest;
    }
}
