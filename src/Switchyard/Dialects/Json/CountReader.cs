using System.Buffers.Text;
using System.Globalization;
using System.Text.Json;
using Switchyard.Canonical;

namespace Switchyard.Dialects.Json;

/// <summary>
/// The one place that decides what is a token count: a number, or one written as text, from 0 to <see cref="TokenUsage.MaxCount"/>.
/// Anything else counts as not reported. Counts are added up by <see cref="TokenUsage.Sum"/> alone.
/// </summary>
internal static class CountReader
{
    /// <summary>Reads the value at the reader's position, up to its last token; null if it is not a count.</summary>
    public static long? Read(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            // Some servers write counts as decimals: 12.0.
            case JsonTokenType.Number:
                return reader.TryGetInt64(out var whole) ? TokenUsage.Plausible(whole)
                    : reader.TryGetDouble(out var real) ? Plausible(real) : null;
            // The JSON of protocol buffers has them in strings.
            case JsonTokenType.String:
                return Utf8Parser.TryParse(reader.ValueSpan, out long text, out var used) && used == reader.ValueSpan.Length
                    ? TokenUsage.Plausible(text)
                    : null;
            default:
                reader.Skip();
                return null;
        }
    }

    /// <summary>The same for the value after a name.</summary>
    public static long? Next(ref Utf8JsonReader reader)
    {
        reader.Read();
        return Read(ref reader);
    }

    /// <summary>The same for a member of an object; null if it is missing or not a count.</summary>
    public static long? Count(this JsonElement owner, string name) => owner.Member(name) switch
    {
        { ValueKind: JsonValueKind.Number } number => number.TryGetInt64(out var whole) ? TokenUsage.Plausible(whole)
            : number.TryGetDouble(out var real) ? Plausible(real) : null,
        { ValueKind: JsonValueKind.String } text
            when long.TryParse(text.GetString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) =>
            TokenUsage.Plausible(whole),
        _ => null,
    };

    /// <summary>
    /// Whether a member of a usage object may be passed on as it is: neither it nor a member of it is a number outside the range of counts.
    /// </summary>
    public static bool IsSound(JsonElement member) => member.ValueKind switch
    {
        JsonValueKind.Number => member.TryGetDouble(out var number) && number is >= 0 and <= TokenUsage.MaxCount,
        JsonValueKind.Object => member.EnumerateObject().All(inner => IsSound(inner.Value)),
        JsonValueKind.Array => member.EnumerateArray().All(IsSound),
        _ => true,
    };

    private static long? Plausible(double count) => count is >= 0 and <= TokenUsage.MaxCount ? (long)count : null;
}
