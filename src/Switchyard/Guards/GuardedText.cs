using System.Text;
using Switchyard.Calls;

namespace Switchyard.Guards;

/// <summary>
/// One text of a stream, which arrives in pieces: the possible beginning of a match is held back, the rest is masked and released. Belongs
/// to one stream.
/// </summary>
/// <param name="guarded">The guards' run on the call.</param>
/// <param name="rules">The guards that scan text themselves.</param>
/// <param name="isJson">Whether the text is JSON.</param>
internal sealed class GuardedText(GuardedCall guarded, GuardRule[] rules, bool isJson)
{
    // The number of released characters kept, because a pattern may reach back into them.
    private const int Behind = 256;

    private readonly HashSet<(string Rule, int At)> _reported = [];
    private readonly StringBuilder _all = new();
    private string _given = "";
    private string _held = "";
    private string _masked = "";
    private int _gone;
    private bool _inString;
    private bool _isOpen;

    /// <summary>Whether the text is JSON.</summary>
    public bool IsJson => isJson;

    /// <summary>Whether part of it was masked.</summary>
    public bool IsChanged { get; private set; }

    /// <summary>The whole text as released so far.</summary>
    public string All => _all.ToString();

    /// <summary>Adds a piece.</summary>
    /// <returns>The text that can be released now.</returns>
    public string Add(string piece, out CallError? refused)
    {
        _held += piece;
        _isOpen = true;
        return Take(isEnd: false, out refused);
    }

    /// <summary>Releases the rest; later pieces cannot extend a match in it.</summary>
    public string End(out CallError? refused)
    {
        refused = null;
        if (!_isOpen)
            return "";
        _isOpen = false;
        return Take(isEnd: true, out refused);
    }

    private string Take(bool isEnd, out CallError? refused)
    {
        refused = null;
        // An incomplete escape cannot be decoded yet.
        var cut = isJson && !isEnd ? ReadText.CutEscape(_held) : 0;
        var text = ReadText.Of(_held[..^cut], isJson, _inString);
        var read = text.Read;
        var free = read.Length;
        var masks = new List<(GuardMatch Match, GuardRule Rule)>();
        foreach (var rule in rules)
        {
            var scanner = (ITextScanner)rule.Guard;
            if (Look(rule, scanner, read, isEnd, masks) is { } stopped)
            {
                refused = stopped;
                return "";
            }

            if (rule.Enforces && !isEnd)
                free = Math.Min(free, read.Length - Math.Min(read.Length, scanner.Held(read)));
        }

        free = BeforeCutMatches(masks, free);
        masks.RemoveAll(mask => mask.Match.Start + mask.Match.Length > free);
        foreach (var group in masks.GroupBy(mask => mask.Rule))
            guarded.Found(group.Key, GuardVerdict.Mask([.. group.Select(mask => mask.Match)]));
        IsChanged |= masks.Count > 0;
        var first = text.First(free);
        var given = guarded.Placeholders.Mask(first, masks.Select(mask => mask.Match), restores: false);
        _inString = isJson && ReadText.EndsInString(first.Written, _inString);
        (_given, _held, _gone) = (Last(_given + first.Read), _held[first.Written.Length..], _gone + free);
        return Restored(given, isEnd);
    }

    /// <summary>Moves the cut before any match that it would split. Matches of several guards may overlap.</summary>
    private static int BeforeCutMatches(List<(GuardMatch Match, GuardRule Rule)> masks, int free)
    {
        while (true)
        {
            var cut = masks.FindIndex(mask => mask.Match.Start < free && mask.Match.Start + mask.Match.Length > free);
            if (cut < 0)
                return free;
            free = masks[cut].Match.Start;
        }
    }

    /// <summary>Runs one guard: masks are collected, a refusal is returned.</summary>
    private CallError? Look(
        GuardRule rule, ITextScanner scanner, string read, bool isEnd, List<(GuardMatch Match, GuardRule Rule)> masks)
    {
        var found = new List<GuardMatch>();
        if (scanner.Action == GuardAction.Mask && rule.Enforces)
        {
            scanner.Find(read, 0, found);
            masks.AddRange(found.Select(match => (match, rule)));
            return null;
        }

        // A rule that only reports holds nothing back, so the beginning of its match may be released already.
        var text = _given + read;
        // A part of a letter would end the word before it, which the whole letter may continue.
        if (!isEnd)
            text = text[..^TextSearch.PartOfLetter(text)];
        scanner.Find(text, 0, found);
        if (!isEnd)
            found.RemoveAll(match => MayGrow(match, text, scanner));
        if (found.Count == 0)
            return null;
        ReportOnce(rule, found, _gone - _given.Length, scanner);
        return rule.Enforces ? rule.Refusal(GuardSide.Answer, found) : null;
    }

    /// <summary>Whether more text may extend or cancel the match. The guard then waits, as long as the whole match is still held.</summary>
    private static bool MayGrow(in GuardMatch match, string text, ITextScanner scanner) =>
        match.Start + match.Length == text.Length && match.Length <= Math.Min(scanner.Held(text), Behind / 2);

    private void ReportOnce(GuardRule rule, List<GuardMatch> found, int offset, ITextScanner scanner)
    {
        var fresh = found.Where(match => _reported.Add((rule.Name, offset + match.Start))).ToList();
        if (fresh.Count > 0)
            guarded.Found(rule, scanner.VerdictOn(fresh));
    }

    private string Restored(string text, bool isEnd)
    {
        if (!guarded.Placeholders.Restores)
        {
            _all.Append(text);
            return text;
        }

        _masked += text;
        var held = isEnd ? 0 : guarded.Placeholders.Undecided(_masked);
        var ready = _masked[..^held];
        _masked = _masked[^held..];
        _all.Append(ready);
        return guarded.Placeholders.Restore(ready, isJson);
    }

    private static string Last(string text) => text.Length <= Behind ? text : text[^Behind..];
}
