using System.Buffers;
using System.Text.RegularExpressions;

namespace Switchyard.Guards;

/// <summary>
/// Finds one kind of secret or personal data. Regular expressions find candidates in time linear in the text length; check digits decide.
/// Immutable and thread-safe.
/// </summary>
/// <param name="Kind">The kind: <c>email</c>.</param>
/// <param name="Expression">Finds candidates.</param>
internal sealed record Finder(string Kind, Regex Expression)
{
    private const string KeyStart = "-----BEGIN";

    private const RegexOptions Linear = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant;

    // Where a match may begin. A tool result is often JSON inside a text, where a line break is two characters: a backslash and an n.
    private const string Start = @"(?:\b|\\[nrtbf])";

    // Every match contains one of these characters; a text without them is not searched.
    private static readonly SearchValues<char> s_digits = SearchValues.Create("0123456789");
    private static readonly SearchValues<char> s_at = SearchValues.Create("@");
    private static readonly SearchValues<char> s_inSecrets = SearchValues.Create("-_IE.");

    private static readonly SearchValues<char> s_token = SearchValues.Create(
        @"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.+%@/=\");

    private static readonly SearchValues<char> s_number = SearchValues.Create("0123456789 -.()/+");
    private static readonly SearchValues<char> s_numberStart = SearchValues.Create("0123456789+(");
    private static readonly SearchValues<char> s_account = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ");
    private static readonly SearchValues<char> s_accountStart = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ");

    public static readonly Finder Secrets = new("secret", new Regex(
        Start + @"(?:"
        + @"(?:sk|rk|pk)[-_](?:[A-Za-z0-9]+[-_])*[A-Za-z0-9_-]{16,}"
        + @"|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{16,}"
        + @"|xox[abeoprs]-[A-Za-z0-9-]{10,}|(?:AKIA|ASIA)[0-9A-Z]{16}\b|AIza[0-9A-Za-z_-]{30,}"
        + @"|(?:hf|gsk|npm|dop_v1|pypi)[-_][A-Za-z0-9_-]{20,}"
        + @"|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}"
        + @")",
        Linear))
    {
        Hint = s_inSecrets,
        Letters = s_token,
        Begins = s_token,
        Longest = 4096,
    };

    public static readonly Finder PrivateKey = new("secret", new Regex(
        @"-----BEGIN [A-Z ]*PRIVATE KEY-----[A-Za-z0-9+/=\s:,.\\-]*", Linear))
    {
        Hint = s_inSecrets,
        Longest = 16 * 1024,
        Check = static match => match.IndexOf("-----END", StringComparison.Ordinal) is >= 0 and var end
            && match.IndexOf("-----", end + 8, StringComparison.Ordinal) is >= 0 and var last ? last + 5 : match.TrimEnd('\\').Length,
        // Hold back from the first line of the key on; that line may be incomplete.
        Holds = static text => text.LastIndexOf(KeyStart, StringComparison.Ordinal) is >= 0 and var at
            && text.IndexOf("-----END", at, StringComparison.Ordinal) < 0
            ? text.Length - at
            : EndThatBegins(text, KeyStart),
    };

    public static readonly Finder Email = new("email", new Regex(
        Start + @"[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}\b", Linear))
    {
        Hint = s_at,
        Letters = s_token,
        Begins = s_token,
        Longest = 320,
    };

    public static readonly Finder Phone = new("phone", new Regex(
        @"(?:\+|" + Start + @"00)[1-9][0-9]{0,2}(?:[ ./-]{0,2}\(?[0-9]{1,5}\)?){2,6}\b"
        + @"|(?:\([0-9]{3}\) ?|" + Start + @"[0-9]{3}[.-])[0-9]{3}[.-][0-9]{4}\b",
        Linear))
    {
        Hint = s_digits,
        Letters = s_number,
        Begins = s_numberStart,
        Longest = 32,
        Check = static match => match.Count(char.IsAsciiDigit) is >= 8 and <= 17 ? match.Length : 0,
    };

    public static readonly Finder Card = new("card", new Regex(Start + @"[0-9](?:[ -]?[0-9]){12,}\b", Linear))
    {
        Hint = s_digits,
        Letters = s_number,
        Begins = s_digits,
        Longest = 37,
        Within = CheckDigits.CardsIn,
    };

    public static readonly Finder Iban = new("iban", new Regex(Start + @"[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]){11,30}", Linear))
    {
        Hint = s_digits,
        Letters = s_account,
        Begins = s_accountStart,
        Longest = 42,
        Check = CheckDigits.IbanLength,
    };

    /// <summary>The values of <c>find</c>.</summary>
    public static readonly IReadOnlyDictionary<string, Finder[]> ByName = new Dictionary<string, Finder[]>(StringComparer.OrdinalIgnoreCase)
    {
        ["secrets"] = [PrivateKey, Secrets],
        ["email"] = [Email],
        ["iban"] = [Iban],
        ["card"] = [Card],
        ["phone"] = [Phone],
    };

    /// <summary>Characters of which every match contains at least one; null if unknown.</summary>
    public SearchValues<char>? Hint { get; init; }

    /// <summary>The characters that a match consists of; null if unknown.</summary>
    public SearchValues<char>? Letters { get; init; }

    /// <summary>The characters that a match may begin with.</summary>
    public SearchValues<char>? Begins { get; init; }

    /// <summary>Returns how many characters at the end of a stream are held back; null if <see cref="Letters"/> decides.</summary>
    public Func<string, int>? Holds { get; init; }

    /// <summary>The maximum number of characters held back at the end of a stream.</summary>
    public int Longest { get; init; } = 256;

    /// <summary>Returns how many characters of a candidate are a match; 0 if none.</summary>
    public Func<string, int>? Check { get; init; }

    /// <summary>Returns the parts of a candidate that are matches, if it may contain several.</summary>
    public Func<string, IEnumerable<(int Start, int Length)>>? Within { get; init; }

    /// <summary>Creates a finder for a configured pattern.</summary>
    public static Finder Of(string kind, string pattern, int window) => new(kind, new Regex(pattern, Linear)) { Longest = window };

    /// <summary>Adds the matches found in a text.</summary>
    public void Scan(string text, int number, List<GuardMatch> matches)
    {
        if (Hint is { } hint && !text.AsSpan().ContainsAny(hint))
            return;
        foreach (var found in Expression.EnumerateMatches(text))
        {
            var (start, length) = (found.Index, found.Length);
            // An escaped line break before a match is not part of it. A configured pattern matches exactly what it says.
            if (Letters is not null && text[start] == '\\')
                (start, length) = (start + 2, length - 2);
            if (Within is { } within)
            {
                foreach (var part in within(text.Substring(start, length)))
                    matches.Add(new GuardMatch(Kind) { Text = number, Start = start + part.Start, Length = part.Length });
                continue;
            }

            length = Check is { } check ? check(text.Substring(start, length)) : length;
            if (length > 0)
                matches.Add(new GuardMatch(Kind) { Text = number, Start = start, Length = length });
        }
    }

    /// <summary>The number of characters at the end of a text that may belong to a match that continues after it.</summary>
    public int Undecided(string text)
    {
        if (Holds is { } holds)
            return Math.Min(holds(text), Longest);
        if (Letters is not { } letters || Begins is not { } begins)
            return Math.Min(text.Length, Longest);
        var run = text.AsSpan(text.AsSpan().LastIndexOfAnyExcept(letters) + 1);
        var start = run.IndexOfAny(begins);
        return start < 0 ? 0 : Math.Min(run.Length - start, Longest);
    }

    private static int EndThatBegins(string text, string start)
    {
        for (var length = Math.Min(text.Length, start.Length - 1); length > 0; length--)
        {
            if (start.AsSpan().StartsWith(text.AsSpan(text.Length - length), StringComparison.Ordinal))
                return length;
        }

        return 0;
    }
}
