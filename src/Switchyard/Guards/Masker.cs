namespace Switchyard.Guards;

/// <summary>Finds secrets and personal data, which are replaced by placeholders. Immutable and thread-safe.</summary>
/// <param name="finders">The finders, in the order in which they search.</param>
internal sealed class Masker(IReadOnlyList<Finder> finders) : ITextScanner
{
    public GuardAction Action => GuardAction.Mask;

    public void Scan(string text, int number, List<GuardMatch> matches)
    {
        foreach (var finder in finders)
            finder.Scan(text, number, matches);
    }

    public int Undecided(string text)
    {
        var most = 0;
        foreach (var finder in finders)
            most = Math.Max(most, finder.Undecided(text));
        return most;
    }
}
