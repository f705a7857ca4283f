using System.Text.Json;
using System.Text.Unicode;
using Switchyard.Calls;

namespace Switchyard.Dialects.Gemini;

/// <summary>
/// Reads the envelope in one pass over the body's top-level properties. Model, method and stream stand in the address; the body adds the
/// bound of the answer, and may name the model once more.
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
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw RequestErrors.Unreadable(body, exception);
        }
    }

    private static CallEnvelope ReadObject(IngressRequest request, ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body, Options);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            throw RequestErrors.Body("The request body must be a JSON object.");
        var (hasContent, contentSeen) = (false, false);
        var modelRange = default(Range);
        long? limit = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isModel = reader.ValueTextEquals("model"u8);
            var isContent = HoldsContent(ref reader, request.Operation);
            var isConfig = reader.ValueTextEquals("generationConfig"u8) || reader.ValueTextEquals("generation_config"u8);
            reader.Read();
            if (isModel)
            {
                if (!modelRange.Equals(default))
                    throw RequestErrors.Duplicate("model");
                modelRange = (int)reader.TokenStartIndex..(int)reader.BytesConsumed;
                if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.Null))
                    throw RequestErrors.InvalidValue("model", "Invalid type for 'model': expected a string.");
            }

            if (isConfig && reader.TokenType == JsonTokenType.StartObject)
            {
                limit = ReadLimit(ref reader);
                continue;
            }

            if (isContent)
            {
                if (contentSeen)
                    throw RequestErrors.Duplicate(ContentField(request.Operation));
                contentSeen = true;
                hasContent = reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject or JsonTokenType.String;
            }

            reader.Skip();
        }

        // Past the closing brace only white space may follow; anything else throws here.
        reader.Read();
        if (!hasContent)
            throw RequestErrors.Missing(ContentField(request.Operation));
        return new CallEnvelope
        {
            Operation = request.Operation,
            Model = request.Model is { Length: > 0 } model ? model : throw RequestErrors.Missing("model"),
            Stream = request.Stream ?? false,
            // Usage is part of every stream of this format.
            IncludeUsage = request.Stream ?? false,
            MaxOutputTokens = limit,
            ModelRange = modelRange,
            AnswerForm = request.AnswerForm,
            Headers = request.Headers,
        };
    }

    private static bool HoldsContent(ref Utf8JsonReader reader, CallOperation operation) => operation switch
    {
        CallOperation.Embedding => reader.ValueTextEquals("content"u8) || reader.ValueTextEquals("requests"u8),
        CallOperation.CountTokens => reader.ValueTextEquals("contents"u8) || reader.ValueTextEquals("generateContentRequest"u8)
            || reader.ValueTextEquals("generate_content_request"u8),
        _ => reader.ValueTextEquals("contents"u8),
    };

    private static string ContentField(CallOperation operation) => operation == CallOperation.Embedding ? "content" : "contents";

    private static long? ReadLimit(ref Utf8JsonReader reader)
    {
        long? limit = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isLimit = reader.ValueTextEquals("maxOutputTokens"u8) || reader.ValueTextEquals("max_output_tokens"u8);
            reader.Read();
            if (isLimit && reader.TokenType == JsonTokenType.Number)
                limit = reader.TryGetInt64(out var value) && value >= 0 ? value : null;
            else
                reader.Skip();
        }

        return limit;
    }
}
