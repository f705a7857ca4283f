using System.Text.Json;
using System.Text.Unicode;
using Switchyard.Calls;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.Shared;

/// <summary>
/// The top-level fields of a request that one format's envelope is made of, filled while the body is scanned. Implemented by structs, so
/// that a scan allocates nothing.
/// </summary>
internal interface IEnvelopeParts
{
    /// <summary>Reads the field whose name the reader is on, and leaves the reader at the end of its value.</summary>
    void Take(ref Utf8JsonReader reader, IngressRequest request);

    /// <summary>The envelope, once the whole body has been seen.</summary>
    /// <exception cref="CallException">A required field is missing.</exception>
    CallEnvelope ToEnvelope(IngressRequest request);
}

/// <summary>
/// Scans a body in one pass over its top-level properties. Every request takes this path, forwarded or not, so nested values are skipped
/// and nothing but the envelope and its strings is allocated.
/// </summary>
internal static class EnvelopeScan
{
    private static readonly JsonReaderOptions s_options = new() { MaxDepth = WireJson.MaxDepth };

    /// <exception cref="CallException">The body is not UTF-8, not one JSON object, too deep, or a field is wrong or missing.</exception>
    public static CallEnvelope Read<T>(IngressRequest request, ReadOnlySpan<byte> body)
        where T : struct, IEnvelopeParts
    {
        if (!Utf8.IsValid(body))
            throw RequestErrors.NotUtf8(body);
        try
        {
            var reader = new Utf8JsonReader(body, s_options);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                throw RequestErrors.Body("The request body must be a JSON object.");
            var parts = default(T);
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                parts.Take(ref reader, request);
            // Past the closing brace only white space may follow; anything else throws here.
            reader.Read();
            return parts.ToEnvelope(request);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw RequestErrors.Unreadable(body, exception);
        }
    }
}
