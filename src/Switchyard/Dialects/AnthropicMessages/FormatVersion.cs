using System.Buffers;
using Switchyard.Calls;

namespace Switchyard.Dialects.AnthropicMessages;

/// <summary>
/// The version every request must name. A client's own goes with its request to a provider of this format; what we write ourselves is
/// written as the first version says.
/// </summary>
internal static class FormatVersion
{
    /// <summary>The header that names it.</summary>
    public const string Header = "anthropic-version";

    private const int Longest = 32;

    private static readonly SearchValues<char> s_characters = SearchValues.Create("0123456789-");
    private static readonly IReadOnlyList<KeyValuePair<string, string>> s_ours = [new(Header, "2023-06-01")];

    /// <summary>Takes the version out of the headers: it is no field of the request, and nothing is lost where it means nothing.</summary>
    public static CallEnvelope MoveOutOfHeaders(CallEnvelope envelope)
    {
        if (!envelope.Headers.TryGetValue(Header, out var version))
            return envelope;
        var others = envelope.Headers.Count == 1
            ? CallEnvelope.NoHeaders
            : envelope.Headers.Where(header => header.Key != Header).ToDictionary(StringComparer.Ordinal);
        return envelope with { FormatVersion = version, Headers = others };
    }

    /// <summary>The header of a request to a provider. Whatever cannot be a version is not passed on.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> HeaderFor(CallEnvelope envelope) =>
        envelope.FormatVersion is { Length: > 0 and <= Longest } version && !version.AsSpan().ContainsAnyExcept(s_characters)
            ? [new(Header, version)]
            : s_ours;
}
