using System.Text.RegularExpressions;
using Switchyard.Common;
using Switchyard.Guards;

namespace Switchyard.Recording;

/// <summary>
/// Finds texts that look like a secret of any owner. The expressions take time linear in the text. In doubt a word is masked: recordings
/// are shared.
/// </summary>
internal static class SecretShapes
{
    private const RegexOptions Linear = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.IgnoreCase;

    // Shorter matches are words: sk-learn.
    private const int ShortestKey = 20;

    private const string StrongNames =
        "(?:x-)?api[-_]?key|password|passwd|client[-_]?secret|access[-_]?token|refresh[-_]?token|id[-_]?token|auth[-_]?token"
        + "|secret[-_]?(?:access[-_]?)?key|private[-_]?key|authorization";

    private static readonly Regex s_name = new($"^(?:{StrongNames})$", Linear);

    // The group s is masked.
    private static readonly Regex[] s_expressions =
    [
        new(@"\bbearer\s+(?<s>[A-Za-z0-9._~+/=-]{8,})", Linear),
        new(@"\bauthorization\\*[""']?\s*[:=]\s*\\*[""']?(?:basic|token)\s+(?<s>[A-Za-z0-9._~+/=-]{6,})", Linear),
        new($@"\b(?:{StrongNames})=(?<s>[^\s&""'\\<>]{{4,}})", Linear),
        new(@"[?&](?:key|token|sig|signature|x-amz-[a-z-]+|x-goog-[a-z-]+)=(?<s>[^\s&""'\\<>]{4,})", Linear),
        new($@"[""'](?:{StrongNames})\\*[""']\s*:\s*\\*[""'](?<s>[^""'\\]{{4,}})", Linear),
        new(@"://[^\s/:@""'\\]{1,64}:(?<s>[^\s/@""'\\]{1,128})@", Linear),
    ];

    /// <summary>Whether a member of this name contains a secret of any shape.</summary>
    public static bool IsSecretName(string name) => s_name.IsMatch(name);

    /// <summary>The ranges of a text that look like secrets.</summary>
    public static IEnumerable<(int Start, int End)> Find(string text)
    {
        List<GuardMatch> known = [];
        Finder.Secrets.Scan(text, 0, known);
        Finder.PrivateKey.Scan(text, 0, known);
        foreach (var match in known)
            yield return (match.Start, match.Start + match.Length);
        foreach (var (start, end) in Sanitizer.FindKeys(text).Where(key => key.End - key.Start >= ShortestKey))
            yield return (start, end);
        foreach (var expression in s_expressions)
        {
            for (var match = expression.Match(text); match.Success; match = match.NextMatch())
            {
                var secret = match.Groups["s"];
                if (!IsWords(match.ValueSpan, secret.ValueSpan))
                    yield return (secret.Index, secret.Index + secret.Length);
            }
        }
    }

    /// <summary>"Bearer certificates" are words; tokens are long, or have digits.</summary>
    private static bool IsWords(ReadOnlySpan<char> match, ReadOnlySpan<char> secret) =>
        match.StartsWith("bearer", StringComparison.OrdinalIgnoreCase) && secret.Length < 24 && !secret.ContainsAnyInRange('0', '9');
}
