namespace Switchyard.LoadTest.Measurements;

/// <summary>
/// Repeats a turn that other work on the machine has disturbed and keeps the quietest. It is chosen by the core's share of other work,
/// never by its own figures, so that it favours no subject.
/// </summary>
internal static class QuietTurn
{
    private const int Tries = 3;
    private const double QuietPercent = 5;

    public static async Task<LoadTurn> RunAsync(Func<Task<LoadTurn>> turn)
    {
        var best = await turn();
        for (var i = 1; i < Tries && best.ForeignPercent > QuietPercent; i++)
        {
            var next = await turn();
            if (next.ForeignPercent < best.ForeignPercent) best = next;
        }

        return best;
    }
}
