using System.Text.Json;
using System.Text.Unicode;
using Switchyard.Calls;

namespace Switchyard.Dialects.AnthropicMessages;

/// <summary>
/// Reads the envelope in one pass over the body's top-level properties. Every request takes this path, forwarded or not, so nested
/// values are stepped over and nothing is allocated but the envelope and its strings.
/// </summary>
internal static class EnvelopeReader
{
    private static readonly JsonReaderOptions Options = new() { MaxDepth = WireJson.MaxDepth };

    public static CallEnvelope Read(IngressRequest request, ReadOnlySpan<byte> body)
    {
        if (!Utf8.IsValid(body))
            throw RequestErrors.Body("The request body is not valid UTF-8.");
        try
        {
            return ReadObject(request, body);
        }
        catch (JsonException exception)
        {
            throw RequestErrors.Body(
                $"The request body is not valid JSON, or is nested deeper than {WireJson.MaxDepth} levels.", exception);
        }
        catch (InvalidOperationException exception)
        {
            // The reader's answer to half a surrogate pair in a name or in a string that was asked for.
            throw RequestErrors.Body("The request body holds an invalid Unicode escape.", exception);
        }
    }

    private static CallEnvelope ReadObject(IngressRequest request, ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body, Options);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            throw RequestErrors.Body("The request body must be a JSON object.");
        var seen = default(Seen);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            seen.Take(ref reader);
        // Past the closing brace only white space may follow; anything else throws here.
        reader.Read();
        return seen.ToEnvelope(request);
    }

    private struct Seen
    {
        private string? _model;
        private Range _modelRange;
        private bool? _stream;
        private bool _hasMaxTokens;
        private long? _maxTokens;
        private string? _user;
        private bool _hasMessages;

        public void Take(ref Utf8JsonReader reader)
        {
            if (reader.ValueTextEquals("model"u8))
                TakeModel(ref reader);
            else if (reader.ValueTextEquals("stream"u8))
                TakeStream(ref reader);
            else if (reader.ValueTextEquals("max_tokens"u8))
                TakeMaxTokens(ref reader);
            else if (reader.ValueTextEquals("messages"u8))
                TakeMessages(ref reader);
            else if (reader.ValueTextEquals("metadata"u8))
                TakeMetadata(ref reader);
            else
                Skip(ref reader);
        }

        public readonly CallEnvelope ToEnvelope(IngressRequest request)
        {
            var model = _model ?? throw RequestErrors.Missing("model");
            if (!_hasMaxTokens && request.Operation != CallOperation.CountTokens)
                throw RequestErrors.Missing("max_tokens");
            if (!_hasMessages)
                throw RequestErrors.Missing("messages");
            return new CallEnvelope
            {
                Operation = request.Operation,
                Model = model,
                Stream = _stream == true && request.Operation != CallOperation.CountTokens,
                // This format always tells it.
                IncludeUsage = true,
                MaxOutputTokens = _maxTokens,
                EndUser = _user,
                ModelRange = _modelRange,
                Headers = request.Headers,
            };
        }

        private static void Skip(ref Utf8JsonReader reader)
        {
            reader.Read();
            reader.Skip();
        }

        private void TakeModel(ref Utf8JsonReader reader)
        {
            reader.Read();
            if (_model is not null)
                throw RequestErrors.Duplicate("model");
            if (reader.TokenType != JsonTokenType.String)
                throw WrongType("model", "a string", ref reader);
            _model = reader.GetString()!;
            if (string.IsNullOrWhiteSpace(_model))
                throw RequestErrors.EmptyString("model");
            _modelRange = (int)reader.TokenStartIndex..(int)reader.BytesConsumed;
        }

        private void TakeStream(ref Utf8JsonReader reader)
        {
            reader.Read();
            if (_stream is not null)
                throw RequestErrors.Duplicate("stream");
            _stream = reader.TokenType switch
            {
                JsonTokenType.True => true,
                JsonTokenType.False or JsonTokenType.Null => false,
                _ => throw WrongType("stream", "a boolean", ref reader),
            };
        }

        private void TakeMaxTokens(ref Utf8JsonReader reader)
        {
            reader.Read();
            if (reader.TokenType == JsonTokenType.Null)
                return;
            if (reader.TokenType != JsonTokenType.Number)
                throw WrongType("max_tokens", "an integer", ref reader);
            _hasMaxTokens = true;
            _maxTokens = reader.TryGetInt64(out var limit) && limit >= 0
                ? limit
                : throw RequestErrors.InvalidValue("max_tokens", "Invalid value for 'max_tokens': expected a whole number that is not negative.");
        }

        private void TakeMessages(ref Utf8JsonReader reader)
        {
            reader.Read();
            if (reader.TokenType == JsonTokenType.Null)
                throw RequestErrors.Missing("messages");
            if (reader.TokenType != JsonTokenType.StartArray)
                throw WrongType("messages", "an array of objects", ref reader);
            var depth = reader.CurrentDepth;
            reader.Read();
            if (reader.TokenType == JsonTokenType.EndArray)
                throw RequestErrors.EmptyArray("messages");
            while (reader.CurrentDepth > depth)
                reader.Read();
            _hasMessages = true;
        }

        private void TakeMetadata(ref Utf8JsonReader reader)
        {
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                return;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isUser = reader.ValueTextEquals("user_id"u8);
                reader.Read();
                if (isUser && reader.TokenType == JsonTokenType.String)
                    _user = reader.GetString();
                reader.Skip();
            }
        }

        private static CallException WrongType(string param, string expected, ref Utf8JsonReader reader) =>
            RequestErrors.WrongType(param, expected, reader.TokenType switch
            {
                JsonTokenType.StartObject => JsonValueKind.Object,
                JsonTokenType.StartArray => JsonValueKind.Array,
                JsonTokenType.String => JsonValueKind.String,
                JsonTokenType.Number => JsonValueKind.Number,
                JsonTokenType.True => JsonValueKind.True,
                JsonTokenType.False => JsonValueKind.False,
                _ => JsonValueKind.Null,
            });
    }
}
