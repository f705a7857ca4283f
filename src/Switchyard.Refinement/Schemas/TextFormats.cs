using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace Switchyard.Refinement.Schemas;

/// <summary>
/// The formats of texts. Validators differ in what they accept, so each format is recognised in two ways: strictly, if every validator
/// must accept a value, and generously, if only values that every validator refuses may be refused.
/// </summary>
internal static class TextFormats
{
    public const string Email = "email";
    public const string Uuid = "uuid";
    public const string Uri = "uri";
    public const string DateTime = "date-time";

    /// <summary>A date-time that ends in <c>Z</c>: the only form that Zod accepts by default.</summary>
    public const string UtcDateTime = "date-time-utc";
    public const string Date = "date";
    public const string IPv4 = "ipv4";
    public const string IPv6 = "ipv6";

    private const RegexOptions Linear = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant;

    private static readonly SearchValues<char> s_ofIPv6 = SearchValues.Create("0123456789abcdefABCDEF:");

    private static readonly Regex s_email = new(
        @"^[A-Za-z0-9_+\-]+(\.[A-Za-z0-9_+\-]+)*@([A-Za-z0-9]([A-Za-z0-9\-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}\z", Linear);

    private static readonly Regex s_uuid = new(
        @"^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[1-8][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}\z", Linear);

    private static readonly Regex s_uri = new(
        @"^https?://[A-Za-z0-9]([A-Za-z0-9\-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9\-]*[A-Za-z0-9])?)*(:[0-9]{1,5})?([/?#][!-~]*)?\z",
        Linear);

    private static readonly Regex s_dateTime = new(
        @"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,7})?(Z|[+\-][0-9]{2}:[0-9]{2})\z", Linear);

    /// <summary>The formats that may be proposed, the more specific ones first.</summary>
    public static IReadOnlyList<string> Names { get; } = [Uuid, Email, Uri, DateTime, Date, IPv4, IPv6];

    /// <summary>Whether every validator of the format accepts the text.</summary>
    public static bool Proves(string format, string text) => text.Length <= 2_000 && format switch
    {
        Email => text.Length <= 254 && s_email.IsMatch(text),
        Uuid => s_uuid.IsMatch(text),
        Uri => s_uri.IsMatch(text) && System.Uri.TryCreate(text, UriKind.Absolute, out _),
        DateTime => s_dateTime.IsMatch(text)
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out _),
        UtcDateTime => text.EndsWith('Z') && Proves(DateTime, text),
        Date => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _),
        IPv4 => IPAddress.TryParse(text, out var address) && address.AddressFamily == AddressFamily.InterNetwork
            && address.ToString() == text,
        IPv6 => text.AsSpan().IndexOfAnyExcept(s_ofIPv6) < 0 && text.Contains(':', StringComparison.Ordinal)
            && IPAddress.TryParse(text, out _),
        _ => false,
    };

    /// <summary>Whether a validator of the format might accept the text. Unknown formats accept everything.</summary>
    public static bool Allows(string format, string text) => format switch
    {
        Email => text.IndexOf('@', StringComparison.Ordinal) is > 0 and var at && at < text.Length - 1,
        Uuid => Guid.TryParse(text, out _),
        Uri => System.Uri.TryCreate(text, UriKind.Absolute, out _),
        DateTime or UtcDateTime => text.Contains('T', StringComparison.OrdinalIgnoreCase)
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out _),
        Date => Proves(Date, text),
        IPv4 => IPAddress.TryParse(text, out _),
        IPv6 => text.Contains(':', StringComparison.Ordinal),
        _ => true,
    };

    /// <summary>Normalises a format's name from a schema or a model: <c>url</c> becomes <c>uri</c>; others stay unchanged.</summary>
    public static string NameOf(string written) => written.Trim().ToLowerInvariant() switch
    {
        "url" => Uri,
        "datetime" or "date_time" or "iso8601" => DateTime,
        "e-mail" => Email,
        "guid" => Uuid,
        var name => name,
    };
}
