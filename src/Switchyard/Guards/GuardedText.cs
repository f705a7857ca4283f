using System.Text;
using Microsoft.Extensions.AI;
using Switchyard.Calls;

namespace Switchyard.Guards;

/// <summary>
/// One text of a stream that comes in pieces: what may be the beginning of a match is held back, the rest is masked and given out. Belongs
/// to one stream.
/// </summary>
/// <param name="look">The look at the call.</param>
/// <param name="rules">Those that find in the text alone.</param>
/// <param name="isJson">Whether it is the text of JSON.</param>
internal sealed class GuardedText(GuardLook look, GuardRule[] rules, bool isJson)
{
    // Before what is held: a pattern may reach back into what was given out.
    private const int Behind = 256;

    private readonly HashSet<(string Rule, int At)> _told = [];
    private readonly StringBuilder _all = new();
    private string _given = "";
    private string _held = "";
    private string _masked = "";
    private int _gone;
    private AIContent? _from;
    private Func<AIContent, string, AIContent>? _make;

    /// <summary>Whether what it finds was told before, of the same text in pieces.</summary>
    public bool IsSilent { get; init; }

    /// <summary>All of it, as it was given out.</summary>
    public string All => _all.ToString();

    /// <summary>Remembers how a piece is made.</summary>
    public void Keep(AIContent from, Func<AIContent, string, AIContent> make) => (_from, _make) = (from, make);

    /// <summary>A piece with another text, of the same kind as the last one.</summary>
    public AIContent Make(string text) => _from is Canonical.ToolCallFragment fragment
        ? new Canonical.ToolCallFragment { Index = fragment.Index, IsCustom = fragment.IsCustom, Arguments = text }
        : _make!(_from!, text);

    /// <summary>Adds a piece.</summary>
    /// <returns>What can be given out by now.</returns>
    public string Add(string piece, out CallError? refused)
    {
        _held += piece;
        return Take(isEnd: false, out refused);
    }

    /// <summary>Gives out the rest.</summary>
    public string End(out CallError? refused) => Take(isEnd: true, out refused);

    private string Take(bool isEnd, out CallError? refused)
    {
        refused = null;
        var free = _held.Length;
        var masks = new List<(GuardMatch Match, GuardRule Rule)>();
        foreach (var rule in rules)
        {
            var scanner = (ITextScanner)rule.Guard;
            if (Look(rule, scanner, masks) is { } stopped)
            {
                refused = stopped;
                return "";
            }

            if (rule.Enforces && !isEnd)
                free = Math.Min(free, _held.Length - Math.Min(_held.Length, scanner.Undecided(_held)));
        }

        // A match is given out whole or not at all.
        foreach (var (match, _) in masks)
        {
            if (match.Start < free && match.Start + match.Length > free)
                free = match.Start;
        }

        var text = _held[..free];
        foreach (var group in masks.Where(mask => mask.Match.Start + mask.Match.Length <= free).GroupBy(mask => mask.Rule))
        {
            Tell(group.Key, GuardVerdict.Mask([.. group.Select(mask => mask.Match)]));
        }

        text = look.Placeholders.Mask(text, masks.Select(mask => mask.Match).Where(match => match.Start + match.Length <= free), false);
        (_given, _held, _gone) = (Last(_given + _held[..free]), _held[free..], _gone + free);
        return Restored(text, isEnd);
    }

    /// <summary>What one guard finds: masks are collected, what is refused ends it.</summary>
    private CallError? Look(GuardRule rule, ITextScanner scanner, List<(GuardMatch Match, GuardRule Rule)> masks)
    {
        var found = new List<GuardMatch>();
        if (scanner.Action == GuardAction.Mask)
        {
            scanner.Scan(_held, 0, found);
            if (rule.Enforces)
                masks.AddRange(found.Select(match => (match, rule)));
            else
                TellOnce(rule, found, _gone, GuardVerdict.Mask);
            return null;
        }

        scanner.Scan(_given + _held, 0, found);
        if (found.Count == 0)
            return null;
        TellOnce(rule, found, _gone - _given.Length, GuardVerdict.Block);
        return rule.Enforces ? rule.Refusal(GuardSide.Answer, found) : null;
    }

    private void TellOnce(
        GuardRule rule, List<GuardMatch> found, int offset, Func<IReadOnlyList<GuardMatch>, GuardVerdict> verdict)
    {
        var fresh = found.Where(match => _told.Add((rule.Name, offset + match.Start))).ToList();
        if (fresh.Count > 0)
            Tell(rule, verdict(fresh));
    }

    private void Tell(GuardRule rule, GuardVerdict verdict)
    {
        if (!IsSilent)
            look.Found(rule, verdict);
    }

    private string Restored(string text, bool isEnd)
    {
        if (!look.Placeholders.Restores)
        {
            _all.Append(text);
            return text;
        }

        _masked += text;
        var held = isEnd ? 0 : look.Placeholders.Undecided(_masked);
        var ready = _masked[..^held];
        _masked = _masked[^held..];
        _all.Append(ready);
        return look.Placeholders.Restore(ready, isJson);
    }

    private static string Last(string text) => text.Length <= Behind ? text : text[^Behind..];
}
