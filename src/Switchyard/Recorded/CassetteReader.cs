using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Switchyard.Recorded;

/// <summary>
/// Reads a recording. Unknown members are skipped, which allows users' notes and newer versions; known members must have the right
/// type.
/// </summary>
internal static class CassetteReader
{
    private static readonly JsonReaderOptions s_options = new()
    {
        MaxDepth = 1000,
        CommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
    };

    /// <param name="file">Its name, for messages.</param>
    /// <param name="bytes">Its content.</param>
    /// <exception cref="CassetteException">The file is not a recording; the message says where and why.</exception>
    public static Cassette Read(string file, ReadOnlyMemory<byte> bytes)
    {
        // Some editors add a byte order mark.
        if (bytes.Span.StartsWith("\uFEFF"u8))
            bytes = bytes[3..];
        try
        {
            return new Parser(file, bytes).Read();
        }
        catch (JsonException e)
        {
            throw new CassetteException(
                $"{file} is not a recording: it is not JSON at line {(e.LineNumber ?? 0) + 1}, byte {(e.BytePositionInLine ?? 0) + 1}. "
                + "Correct it or remove it from the folder.",
                e);
        }
        catch (InvalidOperationException e)
        {
            // Half a surrogate pair, or invalid UTF-8.
            throw new CassetteException($"{file} is not a recording: it is not all Unicode. Correct it or remove it from the folder.", e);
        }
    }

    private ref struct Parser(string file, ReadOnlyMemory<byte> bytes)
    {
        private Utf8JsonReader _json = new(bytes.Span, s_options);

        public Cassette Read()
        {
            int? version = null;
            DateTimeOffset recorded = default;
            string? alias = null, provider = null, type = null, format = null, model = null;
            RecordedRequest? request = null;
            RecordedAnswer? answer = null;
            _json.Read();
            Expect(JsonTokenType.StartObject, "the recording", "an object");
            while (Next() is { } name)
            {
                switch (name)
                {
                    case "cassette": version = (int)Number(name, 1, int.MaxValue); break;
                    case "recorded": recorded = Time(name); break;
                    case "alias": alias = Text(name); break;
                    case "provider": provider = Text(name); break;
                    case "type": type = Text(name); break;
                    case "format": format = Text(name); break;
                    case "model": model = Text(name); break;
                    case "request": request = Request(); break;
                    case "answer": answer = Answer(); break;
                    default: _json.Skip(); break;
                }
            }

            // Throws if anything follows the recording, such as a second one, which would otherwise be lost silently.
            _json.Read();
            if (version is null)
                throw Missing("cassette", "the version of its form");
            if (version > Cassette.Version)
            {
                throw new CassetteException(
                    $"{file} is of version {version}, and this program reads up to {Cassette.Version}: use a newer one, "
                    + "or record it again.");
            }

            return new Cassette
            {
                File = file,
                Recorded = recorded,
                Alias = alias,
                Provider = provider ?? throw Missing("provider", "the provider's name"),
                Type = type,
                Format = format ?? throw Missing("format", "the wire format"),
                Model = model ?? throw Missing("model", "the provider's model"),
                Request = request ?? throw Missing("request", "what was asked"),
                Answer = answer ?? throw Missing("answer", "what was answered"),
            };
        }

        private RecordedRequest Request()
        {
            Expect(JsonTokenType.StartObject, "request", "an object");
            string? method = null, path = null;
            var query = "";
            IReadOnlyList<KeyValuePair<string, string>> headers = [];
            ReadOnlyMemory<byte>? body = null;
            var mayBeMasked = true;
            while (Next() is { } name)
            {
                switch (name)
                {
                    case "method": method = Text("request.method"); break;
                    case "path": path = Text("request.path"); break;
                    case "query": query = Text("request.query"); break;
                    case "headers": headers = Headers("request.headers"); break;
                    case "json" or "text" or "base64": body = Bytes(name, $"request.{name}"); break;
                    case "masked": mayBeMasked = Flag("request.masked"); break;
                    default: _json.Skip(); break;
                }
            }

            return new RecordedRequest
            {
                Method = method ?? throw Missing("request.method", "POST as a rule"),
                Path = path ?? throw Missing("request.path", "the path below the provider's base URL"),
                Query = query,
                Headers = headers,
                Body = body,
                MayBeMasked = mayBeMasked,
            };
        }

        private RecordedAnswer Answer()
        {
            Expect(JsonTokenType.StartObject, "answer", "an object");
            int? status = null;
            var after = TimeSpan.Zero;
            IReadOnlyList<KeyValuePair<string, string>> headers = [];
            IReadOnlyList<RecordedPiece> pieces = [];
            var brokeOff = false;
            while (Next() is { } name)
            {
                switch (name)
                {
                    case "status": status = (int)Number("answer.status", 100, 599); break;
                    case "ms": after = Milliseconds("answer.ms"); break;
                    case "headers": headers = Headers("answer.headers"); break;
                    case "json" or "text" or "base64": pieces = [new(TimeSpan.Zero, Bytes(name, $"answer.{name}"))]; break;
                    case "pieces": pieces = Pieces(); break;
                    case "broke_off": brokeOff = Flag("answer.broke_off"); break;
                    default: _json.Skip(); break;
                }
            }

            return new RecordedAnswer
            {
                Status = status ?? throw Missing("answer.status", "200 as a rule"),
                After = after,
                Headers = headers,
                Pieces = pieces,
                BrokeOff = brokeOff,
            };
        }

        private List<RecordedPiece> Pieces()
        {
            Expect(JsonTokenType.StartArray, "answer.pieces", "a list");
            List<RecordedPiece> pieces = [];
            while (Advance() && _json.TokenType != JsonTokenType.EndArray)
            {
                var place = string.Create(CultureInfo.InvariantCulture, $"answer.pieces[{pieces.Count}]");
                Expect(JsonTokenType.StartObject, place, "an object");
                var after = TimeSpan.Zero;
                ReadOnlyMemory<byte>? bytes = null;
                while (Next() is { } name)
                {
                    switch (name)
                    {
                        case "ms": after = Milliseconds($"{place}.ms"); break;
                        case "json" or "text" or "base64": bytes = Bytes(name, $"{place}.{name}"); break;
                        default: _json.Skip(); break;
                    }
                }

                pieces.Add(new(after, bytes ?? throw Missing($"{place}.text", "what came")));
            }

            return pieces;
        }

        private List<KeyValuePair<string, string>> Headers(string place)
        {
            Expect(JsonTokenType.StartObject, place, "an object of texts");
            List<KeyValuePair<string, string>> headers = [];
            while (Next() is { } name)
                headers.Add(new(name, Text($"{place}.{name}")));
            return headers;
        }

        /// <summary>A body; for JSON the exact bytes of the file.</summary>
        private ReadOnlyMemory<byte> Bytes(string form, string place)
        {
            switch (form)
            {
                case "json":
                    var start = (int)_json.TokenStartIndex;
                    _json.Skip();
                    return bytes[start..(int)_json.BytesConsumed];
                case "base64":
                    Expect(JsonTokenType.String, place, "text in base64");
                    return _json.TryGetBytesFromBase64(out var read) ? read : throw Wrong(place, "text in base64");
                default:
                    return Encoding.UTF8.GetBytes(Text(place));
            }
        }

        /// <summary>The next member of the object, with the reader on its value; null at its end.</summary>
        private string? Next()
        {
            Advance();
            if (_json.TokenType == JsonTokenType.EndObject)
                return null;
            var name = _json.GetString()!;
            Advance();
            return name;
        }

        private bool Advance() => _json.Read() ? true : throw new JsonException("It ends in the middle.");

        private string Text(string place)
        {
            Expect(JsonTokenType.String, place, "text");
            return _json.GetString()!;
        }

        private bool Flag(string place) => _json.TokenType switch
        {
            JsonTokenType.True => true,
            JsonTokenType.False => false,
            _ => throw Wrong(place, "true or false"),
        };

        private double Number(string place, double least, double most)
        {
            Expect(JsonTokenType.Number, place, "a number");
            return _json.TryGetDouble(out var number) && number >= least && number <= most
                ? number
                : throw Wrong(place, string.Create(CultureInfo.InvariantCulture, $"a number from {least} to {most}"));
        }

        private TimeSpan Milliseconds(string place) => TimeSpan.FromMilliseconds(Number(place, 0, 86_400_000));

        private DateTimeOffset Time(string place)
        {
            Expect(JsonTokenType.String, place, "a time");
            return _json.TryGetDateTimeOffset(out var time) ? time : throw Wrong(place, "a time such as 2026-11-28T12:00:00Z");
        }

        private readonly void Expect(JsonTokenType type, string place, string expected)
        {
            if (_json.TokenType != type)
                throw Wrong(place, expected);
        }

        private readonly CassetteException Wrong(string place, string expected) =>
            new($"{file} is not a recording: {place} must be {expected}. Correct it or remove it from the folder.");

        private readonly CassetteException Missing(string place, string what) =>
            new($"{file} is not a recording: it lacks {place}, {what}. Correct it or remove it from the folder.");
    }
}
