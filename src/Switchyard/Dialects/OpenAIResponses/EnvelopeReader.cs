using System.Text.Json;
using System.Text.Unicode;
using Switchyard.Calls;

namespace Switchyard.Dialects.OpenAIResponses;

/// <summary>Reads the envelope in one pass over the body's top-level properties; nested values are stepped over.</summary>
internal static class EnvelopeReader
{
    private static readonly JsonReaderOptions Options = new() { MaxDepth = WireJson.MaxDepth };

    public static CallEnvelope Read(CallOperation operation, ReadOnlySpan<byte> body)
    {
        if (!Utf8.IsValid(body))
            throw RequestErrors.Body("The request body is not valid UTF-8.");
        try
        {
            return ReadObject(operation, body);
        }
        catch (JsonException exception)
        {
            throw RequestErrors.Body("The request body is not valid JSON, or is nested too deeply.", exception);
        }
        catch (InvalidOperationException exception)
        {
            // The reader's answer to half a surrogate pair in a name or in a string that was asked for.
            throw RequestErrors.Body("The request body holds an invalid Unicode escape.", exception);
        }
    }

    private static CallEnvelope ReadObject(CallOperation operation, ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body, Options);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            throw RequestErrors.Body("The request body must be a JSON object.");
        var seen = default(Seen);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            seen.Take(ref reader);
        // Past the closing brace only white space may follow; anything else throws here.
        reader.Read();
        return seen.ToEnvelope(operation);
    }

    private struct Seen
    {
        private string? _model;
        private Range _modelRange;
        private bool? _stream;
        private long? _limit;
        private string? _user;
        private string? _safetyIdentifier;
        private bool _hasInput;

        public void Take(ref Utf8JsonReader reader)
        {
            if (reader.ValueTextEquals("model"u8))
                TakeModel(ref reader);
            else if (reader.ValueTextEquals("stream"u8))
                TakeStream(ref reader);
            else if (reader.ValueTextEquals("max_output_tokens"u8))
                _limit = ReadLimit(ref reader);
            else if (reader.ValueTextEquals("user"u8))
                _user = ReadText(ref reader, "user");
            else if (reader.ValueTextEquals("safety_identifier"u8))
                _safetyIdentifier = ReadText(ref reader, "safety_identifier");
            else if (HoldsInput(ref reader))
                TakeInput(ref reader);
            else
                Skip(ref reader);
        }

        public readonly CallEnvelope ToEnvelope(CallOperation operation)
        {
            var model = _model ?? throw RequestErrors.Missing("model");
            if (!_hasInput)
                throw RequestErrors.Missing("input");
            return new CallEnvelope
            {
                Operation = operation,
                Model = model,
                Stream = _stream ?? false,
                // A stream of this format always ends with its usage.
                IncludeUsage = _stream ?? false,
                MaxOutputTokens = _limit,
                EndUser = _safetyIdentifier ?? _user,
                ModelRange = _modelRange,
            };
        }

        /// <summary>The input itself, or what stands for it at the provider.</summary>
        private static bool HoldsInput(ref Utf8JsonReader reader) =>
            reader.ValueTextEquals("input"u8) || reader.ValueTextEquals("prompt"u8)
            || reader.ValueTextEquals("previous_response_id"u8) || reader.ValueTextEquals("conversation"u8);

        private static void Skip(ref Utf8JsonReader reader)
        {
            reader.Read();
            reader.Skip();
        }

        private static long? ReadLimit(ref Utf8JsonReader reader)
        {
            reader.Read();
            if (reader.TokenType == JsonTokenType.Null)
                return null;
            if (reader.TokenType != JsonTokenType.Number)
                throw WrongType("max_output_tokens", "an integer", ref reader);
            return reader.TryGetInt64(out var limit) && limit >= 0 ? limit : null;
        }

        private static string? ReadText(ref Utf8JsonReader reader, string name)
        {
            reader.Read();
            return reader.TokenType switch
            {
                JsonTokenType.String => reader.GetString(),
                JsonTokenType.Null => null,
                _ => throw WrongType(name, "a string", ref reader),
            };
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

        private void TakeModel(ref Utf8JsonReader reader)
        {
            if (_model is not null)
                throw RequestErrors.Duplicate("model");
            reader.Read();
            if (reader.TokenType != JsonTokenType.String)
                throw WrongType("model", "a string", ref reader);
            _model = reader.GetString()!;
            if (string.IsNullOrWhiteSpace(_model))
                throw RequestErrors.EmptyString("model");
            _modelRange = (int)reader.TokenStartIndex..(int)reader.BytesConsumed;
        }

        private void TakeStream(ref Utf8JsonReader reader)
        {
            if (_stream is not null)
                throw RequestErrors.Duplicate("stream");
            reader.Read();
            _stream = reader.TokenType switch
            {
                JsonTokenType.True => true,
                JsonTokenType.False or JsonTokenType.Null => false,
                _ => throw WrongType("stream", "a boolean", ref reader),
            };
        }

        private void TakeInput(ref Utf8JsonReader reader)
        {
            reader.Read();
            _hasInput |= reader.TokenType != JsonTokenType.Null;
            reader.Skip();
        }
    }
}
