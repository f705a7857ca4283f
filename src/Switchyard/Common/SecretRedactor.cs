using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;

namespace Switchyard.Common;

/// <summary>
/// Masks the secrets of a host in outgoing text: keys, header values, secret settings and cloud tokens, found by their value. The
/// owner of a secret registers it here (<see cref="Remember"/>) before the secret is first sent. Thread-safe.
/// </summary>
/// <remarks>
/// <para>
/// Each secret is found as it is, without regard to case, and percent-encoded, escaped as JSON or in base64. Secrets shorter than
/// <see cref="ShortestSecret"/> are not searched for: <c>test</c> or <c>ollama</c> is a key only by position, and masking every such word
/// would make messages unreadable without protecting anything.
/// </para>
/// <para>One pass searches for all secrets. It is done for failures and log lines, never for an ordinary answer.</para>
/// </remarks>
public sealed class SecretRedactor
{
    /// <summary>The shortest secret that is searched for, in characters.</summary>
    public const int ShortestSecret = 8;

    private const string Mask = "***";

    // The mark of a text that Sanitizer has cut: the text before it may end with the beginning of a secret.
    private const char Cut = '…';
    private const int ShortestBeginning = 4;

    // A running answer may still quote a secret that was replaced since it began, so an owner's last few sets are kept.
    private const int SetsKept = 16;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, List<string[]>> _owners = new(StringComparer.OrdinalIgnoreCase);
    private volatile Needles? _needles = Needles.None;

    /// <summary>Registers the secrets of an owner in place of its earlier ones; its last sixteen sets are searched for.</summary>
    /// <param name="owner">The owner: <c>provider openai</c>.</param>
    /// <param name="secrets">The secrets. Blank and short ones are ignored.</param>
    public void Remember(string owner, IEnumerable<string?> secrets)
    {
        ArgumentNullException.ThrowIfNull(owner);
        ArgumentNullException.ThrowIfNull(secrets);
        string[] set =
        [
            .. secrets.Select(secret => secret?.Trim() ?? "").Where(secret => secret.Length >= ShortestSecret)
                .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal),
        ];
        lock (_gate)
        {
            if (!_owners.TryGetValue(owner, out var sets))
                _owners[owner] = sets = [];
            if (sets.Count > 0 ? sets[^1].SequenceEqual(set) : set.Length == 0)
                return;
            sets.Add(set);
            if (sets.Count > SetsKept)
                sets.RemoveAt(0);
            // Built on the first search: most hosts start without a failure.
            _needles = null;
        }
    }

    /// <summary>Whether <see cref="Redact"/> would leave the text unchanged; true only if that is certain.</summary>
    public bool IsClean(ReadOnlySpan<char> text) =>
        Current().Values is not { } secrets || (!text.ContainsAny(secrets) && !text.EndsWith([Cut]));

    /// <summary>The text with every secret in it masked; the same object if it has none.</summary>
    public string Redact(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var needles = Current();
        if (needles.Values is null)
            return text;
        StringBuilder? clean = null;
        var kept = 0;
        while (needles.Find(text, kept) is (var start, var end) && start >= 0)
        {
            (clean ??= new()).Append(text, kept, start - kept).Append(Mask);
            kept = end;
        }

        var redacted = clean?.Append(text, kept, text.Length - kept).ToString() ?? text;
        return redacted.Length > 0 && redacted[^1] == Cut ? needles.MaskBeginningAtEnd(redacted) : redacted;
    }

    /// <summary>The ranges of a text that secrets cover, in order; they do not overlap.</summary>
    internal IEnumerable<(int Start, int End)> Find(string text)
    {
        var needles = Current();
        var at = 0;
        while (needles.Values is not null && needles.Find(text, at) is (>= 0, _) and var found)
        {
            yield return found;
            at = found.End;
        }
    }

    /// <summary>Whether JSON, or text that contains JSON, quotes a secret, however its strings are escaped and nested.</summary>
    internal bool IsQuotedIn(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        var needles = Current();
        if (needles.Values is null)
            return false;
        // JSON in a string of JSON is escaped once more. A provider's error wrapped by a proxy is at most three levels deep.
        for (var depth = 0; depth < 4; depth++)
        {
            if (needles.Find(json, 0).Start >= 0)
                return true;
            if (!json.Contains('\\', StringComparison.Ordinal))
                return false;
            json = Unescape(json);
        }

        return false;
    }

    private Needles Current()
    {
        if (_needles is { } current)
            return current;
        lock (_gate)
            return _needles ??= new Needles(_owners.Values.SelectMany(sets => sets).SelectMany(set => set));
    }

    /// <summary>Resolves JSON's escapes anywhere in the text. Other characters stay.</summary>
    private static string Unescape(string json)
    {
        var text = new StringBuilder(json.Length);
        for (var i = 0; i < json.Length; i++)
        {
            if (json[i] != '\\' || i + 1 == json.Length)
            {
                text.Append(json[i]);
                continue;
            }

            i++;
            if (json[i] == 'u' && i + 4 < json.Length
                && ushort.TryParse(json.AsSpan(i + 1, 4), System.Globalization.NumberStyles.AllowHexSpecifier, null, out var unit))
            {
                text.Append((char)unit);
                i += 4;
            }
            else
            {
                text.Append(json[i] switch { 'n' => '\n', 'r' => '\r', 't' => '\t', 'b' => '\b', 'f' => '\f', var plain => plain });
            }
        }

        return text.ToString();
    }

    /// <summary>The search terms: the secrets in each of their spellings. Immutable.</summary>
    private sealed class Needles
    {
        public static readonly Needles None = new([]);

        private readonly string[] _longestFirst;

        public Needles(IEnumerable<string> secrets)
        {
            _longestFirst =
            [
                .. secrets.SelectMany(Spellings).Where(spelling => spelling.Length >= ShortestSecret)
                    .Distinct(StringComparer.OrdinalIgnoreCase).OrderByDescending(spelling => spelling.Length),
            ];
            Values = _longestFirst.Length == 0 ? null : SearchValues.Create(_longestFirst, StringComparison.OrdinalIgnoreCase);
        }

        /// <summary>The search terms; null if there are none.</summary>
        public SearchValues<string>? Values { get; }

        /// <summary>The first range at or after an index that a secret covers; ranges may overlap. Negative if there is none.</summary>
        public (int Start, int End) Find(string text, int from)
        {
            var at = text.AsSpan(from).IndexOfAny(Values!);
            if (at < 0)
                return (-1, -1);
            var start = from + at;
            var end = start + LengthAt(text, start);
            for (var next = start + 1; next < end; next++)
                end = Math.Max(end, next + LengthAt(text, next));
            return (start, end);
        }

        /// <summary>Masks the beginning of a secret right before the mark of a cut.</summary>
        public string MaskBeginningAtEnd(string text)
        {
            var body = text.AsSpan(0, text.Length - 1);
            var longest = 0;
            foreach (var needle in _longestFirst)
            {
                for (var length = Math.Min(needle.Length - 1, body.Length); length >= ShortestBeginning && length > longest; length--)
                {
                    if (body.EndsWith(needle.AsSpan(0, length), StringComparison.OrdinalIgnoreCase))
                        longest = length;
                }
            }

            return longest == 0 ? text : string.Concat(body[..^longest], Mask, [Cut]);
        }

        private int LengthAt(string text, int index)
        {
            foreach (var needle in _longestFirst)
            {
                if (text.AsSpan(index).StartsWith(needle, StringComparison.OrdinalIgnoreCase))
                    return needle.Length;
            }

            return 0;
        }

        private static IEnumerable<string> Spellings(string secret)
        {
            yield return secret;
            yield return Uri.EscapeDataString(secret);
            yield return JavaScriptEncoder.Default.Encode(secret);
            yield return JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(secret);
            var base64 = Convert.ToBase64String(Encoding.UTF8.GetBytes(secret)).TrimEnd('=');
            yield return base64;
            yield return base64.Replace('+', '-').Replace('/', '_');
        }
    }
}
