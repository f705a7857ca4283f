namespace Switchyard.Guards;

/// <summary>
/// A guard that finds what it looks for in the text alone, without asking anybody: it can look at a stream piece by piece. Thread-safe.
/// </summary>
internal interface ITextScanner : IGuard
{
    /// <summary>Adds what is found in a text.</summary>
    void Scan(string text, int number, List<GuardMatch> matches);

    /// <summary>How many of the last letters of a text may be the beginning of a match, or of a longer one, that goes on after
    /// it.</summary>
    int Undecided(string text);

    /// <summary>What is to be done with what is found.</summary>
    GuardAction Action { get; }

    /// <summary>What is to be said where these were found.</summary>
    GuardVerdict VerdictOn(IReadOnlyList<GuardMatch> matches) =>
        matches.Count == 0 ? GuardVerdict.Pass
        : Action == GuardAction.Block ? GuardVerdict.Block(matches)
        : GuardVerdict.Mask(matches);

    ValueTask<GuardVerdict> IGuard.InspectAsync(GuardSubject subject, CancellationToken cancellationToken)
    {
        var matches = new List<GuardMatch>();
        for (var i = 0; i < subject.Texts.Count; i++)
            Scan(subject.Texts[i], i, matches);
        return new(VerdictOn(matches));
    }
}
