using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace Switchyard.Recorded;

/// <summary>
/// Writes a recording as readable JSON: a JSON body is included byte for byte, another body as text, and only one that is not text as
/// base64.
/// </summary>
internal static class CassetteWriter
{
    private static readonly JsonWriterOptions s_options = new()
    {
        Indented = true,
        // Users and this program read the file, not browsers: quotes and umlauts need no escapes.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        MaxDepth = 1000,
    };

    /// <summary>The bytes of a recording's file.</summary>
    public static ReadOnlyMemory<byte> Write(Cassette cassette)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output, s_options))
        {
            json.WriteStartObject();
            json.WriteNumber("cassette", Cassette.Version);
            json.WriteString("recorded", cassette.Recorded.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture));
            WriteUnlessNull(json, "alias", cassette.Alias);
            json.WriteString("provider", cassette.Provider);
            WriteUnlessNull(json, "type", cassette.Type);
            json.WriteString("format", cassette.Format);
            json.WriteString("model", cassette.Model);
            Write(json, cassette.Request);
            Write(json, cassette.Answer);
            json.WriteEndObject();
        }

        output.Write("\n"u8);
        return output.WrittenMemory;
    }

    private static void Write(Utf8JsonWriter json, RecordedRequest request)
    {
        json.WriteStartObject("request");
        json.WriteString("method", request.Method);
        json.WriteString("path", request.Path);
        if (request.Query.Length > 0)
            json.WriteString("query", request.Query);
        WriteHeaders(json, request.Headers);
        if (request.Body is { } body)
        {
            // Written only if it makes a difference.
            if (!request.MayBeMasked && body.Span.IndexOf("***"u8) >= 0)
                json.WriteBoolean("masked", false);
            WriteBytes(json, body.Span);
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, RecordedAnswer answer)
    {
        json.WriteStartObject("answer");
        json.WriteNumber("status", answer.Status);
        WriteTime(json, answer.After);
        WriteHeaders(json, answer.Headers);
        if (answer.Pieces is [var only] && !answer.BrokeOff && only.After == TimeSpan.Zero)
        {
            WriteBytes(json, only.Bytes.Span);
        }
        else if (answer.Pieces.Count > 0)
        {
            json.WriteStartArray("pieces");
            foreach (var piece in answer.Pieces)
            {
                json.WriteStartObject();
                WriteTime(json, piece.After);
                WriteText(json, piece.Bytes.Span);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        if (answer.BrokeOff)
            json.WriteBoolean("broke_off", true);
        json.WriteEndObject();
    }

    private static void WriteHeaders(Utf8JsonWriter json, IReadOnlyList<KeyValuePair<string, string>> headers)
    {
        json.WriteStartObject("headers");
        foreach (var (name, value) in headers)
            json.WriteString(name, value);
        json.WriteEndObject();
    }

    private static void WriteTime(Utf8JsonWriter json, TimeSpan time)
    {
        if (time > TimeSpan.Zero)
            json.WriteNumber("ms", Math.Round((decimal)time.TotalMilliseconds, 1));
    }

    private static void WriteUnlessNull(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
            json.WriteString(name, value);
    }

    /// <summary>
    /// Copies JSON into the file unchanged, so that a reader gets the same bytes, including spaces. White space around it would be
    /// lost, so such a body is written as text.
    /// </summary>
    private static void WriteBytes(Utf8JsonWriter json, ReadOnlySpan<byte> bytes)
    {
        if (!IsWholeObject(bytes))
        {
            WriteText(json, bytes);
            return;
        }

        json.WritePropertyName("json");
        json.WriteRawValue(bytes, skipInputValidation: true);
    }

    private static void WriteText(Utf8JsonWriter json, ReadOnlySpan<byte> bytes)
    {
        // A byte order mark and a NUL are legal, but many tools remove or change them.
        if (Utf8.IsValid(bytes) && !bytes.Contains((byte)0) && !bytes.StartsWith("\uFEFF"u8))
            json.WriteString("text", Encoding.UTF8.GetString(bytes));
        else
            json.WriteBase64String("base64", bytes);
    }

    private static bool IsWholeObject(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty || bytes[0] is not ((byte)'{' or (byte)'[') || bytes[^1] is not ((byte)'}' or (byte)']') || !Utf8.IsValid(bytes))
            return false;
        try
        {
            var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = 900 });
            reader.Read();
            reader.Skip();
            return reader.BytesConsumed == bytes.Length;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
