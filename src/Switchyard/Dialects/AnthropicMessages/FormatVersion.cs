using System.Buffers;
using Switchyard.Calls;

namespace Switchyard.Dialects.AnthropicMessages;

/// <summary>
/// The <c>anthropic-version</c> header, which every request must have. A client's version goes with its request to a provider of this
/// format; any other request has the version the encoders follow, <c>2023-06-01</c>.
/// </summary>
internal static class FormatVersion
{
    /// <summary>The header's name.</summary>
    public const string Header = "anthropic-version";

    private const int Longest = 32;

    private static readonly SearchValues<char> s_characters = SearchValues.Create("0123456789-");
    private static readonly IReadOnlyList<KeyValuePair<string, string>> s_ours = [new(Header, "2023-06-01")];

    /// <summary>Moves the version out of the envelope's headers, so that other formats do not report it as a lost header.</summary>
    public static CallEnvelope MoveOutOfHeaders(CallEnvelope envelope)
    {
        if (!envelope.Headers.TryGetValue(Header, out var version))
            return envelope;
        var others = envelope.Headers.Count == 1
            ? CallEnvelope.NoHeaders
            : envelope.Headers.Where(header => header.Key != Header).ToDictionary(StringComparer.Ordinal);
        return envelope with { FormatVersion = version, Headers = others };
    }

    /// <summary>The header of a request to a provider. A value with other characters than digits and dashes is not passed on.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> HeaderFor(CallEnvelope envelope) =>
        envelope.FormatVersion is { Length: > 0 and <= Longest } version && !version.AsSpan().ContainsAnyExcept(s_characters)
            ? [new(Header, version)]
            : s_ours;
}
