namespace Switchyard.Guards;

/// <summary>
/// A guard that needs only the text, without asking a service, so that it can check a stream piece by piece. Thread-safe.
/// </summary>
internal interface ITextScanner : IGuard
{
    /// <summary>Adds the matches found in a text.</summary>
    void Scan(string text, int number, List<GuardMatch> matches);

    /// <summary>The number of characters at the end of a text that may begin a match, or a longer match, that continues after it.</summary>
    int Undecided(string text);

    /// <summary>The action to take on matches.</summary>
    GuardAction Action { get; }

    /// <summary>The verdict on these matches.</summary>
    GuardVerdict VerdictOn(IReadOnlyList<GuardMatch> matches) =>
        matches.Count == 0 ? GuardVerdict.Pass
        : Action == GuardAction.Block ? GuardVerdict.Block(matches)
        : GuardVerdict.Mask(matches);

    ValueTask<GuardVerdict> IGuard.InspectAsync(GuardSubject subject, CancellationToken cancellationToken)
    {
        var matches = new List<GuardMatch>();
        for (var i = 0; i < subject.Texts.Count; i++)
            this.Find(subject.Texts[i], i, matches);
        return new(VerdictOn(matches));
    }
}
