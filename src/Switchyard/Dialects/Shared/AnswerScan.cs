using System.Text.Json;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.Shared;

/// <summary>
/// What a probe looks for in an answer or an event, filled while it is scanned. Implemented by structs, so that a scan allocates nothing.
/// </summary>
internal interface IAnswerParts
{
    /// <summary>Reads the member whose name the reader is on, and leaves the reader at the end of its value.</summary>
    void Take(ref Utf8JsonReader reader);
}

/// <summary>Scans an answer or an event that is passed on, in one pass over its members and without an object model.</summary>
internal static class AnswerScan
{
    /// <summary>How forwarded JSON is read: as deep as a client might understand.</summary>
    public static readonly JsonReaderOptions ReaderOptions = new() { MaxDepth = WireJson.MaxForwardedDepth };

    /// <summary>Scans it.</summary>
    /// <param name="json">The answer or event.</param>
    /// <param name="parts">Takes the members, up to the first place that cannot be read.</param>
    /// <returns>Whether it is one whole JSON object and nothing else.</returns>
    public static bool TryRead<T>(ReadOnlySpan<byte> json, ref T parts)
        where T : struct, IAnswerParts
    {
        try
        {
            var reader = new Utf8JsonReader(WireJson.WithoutMark(json), ReaderOptions);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                parts.Take(ref reader);
            // Throws when something other than white space follows the object.
            return !reader.Read();
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return false;
        }
    }
}
