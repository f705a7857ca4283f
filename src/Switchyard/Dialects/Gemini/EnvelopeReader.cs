using System.Globalization;
using System.Text.Json;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;

namespace Switchyard.Dialects.Gemini;

/// <summary>
/// Reads the envelope. The address names model, method and stream; the body adds the maximum of answer tokens, and may name the model
/// again.
/// </summary>
internal static class EnvelopeReader
{
    private const long NoLimit = -1;

    public static CallEnvelope Read(IngressRequest request, ReadOnlySpan<byte> body) => EnvelopeScan.Read<EnvelopeParts>(request, body);

    private static bool HoldsContent(ref Utf8JsonReader reader, CallOperation operation) => operation switch
    {
        CallOperation.Embedding => reader.ValueTextEquals("content"u8) || reader.ValueTextEquals("requests"u8),
        CallOperation.CountTokens => reader.ValueTextEquals("contents"u8) || reader.ValueTextEquals("generateContentRequest"u8)
            || reader.ValueTextEquals("generate_content_request"u8),
        _ => reader.ValueTextEquals("contents"u8),
    };

    private static string ContentField(CallOperation operation) => operation == CallOperation.Embedding ? "content" : "contents";

    /// <summary>Reads the limit of a configuration, which may be a string. Two of them, in either spelling, are a 400.</summary>
    /// <returns>The limit; <see cref="NoLimit"/> if the field sets none; null without the field.</returns>
    private static long? ReadLimit(ref Utf8JsonReader reader, long? before)
    {
        var limit = before;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isLimit = reader.ValueTextEquals("maxOutputTokens"u8) || reader.ValueTextEquals("max_output_tokens"u8);
            reader.Read();
            if (isLimit)
            {
                if (limit is not null)
                    throw RequestErrors.Duplicate("generationConfig.maxOutputTokens");
                limit = LimitAt(ref reader) is >= 0 and var value ? value : NoLimit;
            }

            reader.Skip();
        }

        return limit;
    }

    private static long? LimitAt(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.Number => WireJson.WholeNumber(ref reader),
        JsonTokenType.String when !reader.ValueIsEscaped
            && long.TryParse(reader.ValueSpan, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var limit) => limit,
        _ => null,
    };

    private struct EnvelopeParts : IEnvelopeParts
    {
        private bool _contentSeen;
        private bool _hasContent;
        private Range _modelRange;
        private long? _limit;
        private string? _serviceTier;

        public void Take(ref Utf8JsonReader reader, IngressRequest request)
        {
            var isModel = reader.ValueTextEquals("model"u8);
            var isContent = HoldsContent(ref reader, request.Operation);
            var isConfig = reader.ValueTextEquals("generationConfig"u8) || reader.ValueTextEquals("generation_config"u8);
            var isTier = reader.ValueTextEquals("serviceTier"u8) || reader.ValueTextEquals("service_tier"u8);
            reader.Read();
            if (isConfig && reader.TokenType == JsonTokenType.StartObject)
            {
                _limit = ReadLimit(ref reader, _limit);
                return;
            }

            if (isModel)
                TakeModel(ref reader);
            else if (isContent)
                TakeContent(ref reader, request.Operation);
            else if (isTier)
                _serviceTier = ServiceTiers.Read(ref reader);
            reader.Skip();
        }

        public readonly CallEnvelope ToEnvelope(IngressRequest request)
        {
            if (!_hasContent)
                throw RequestErrors.Missing(ContentField(request.Operation));
            return new CallEnvelope
            {
                Operation = request.Operation,
                Model = request.Model is { Length: > 0 } model ? model : throw RequestErrors.Missing("model"),
                Stream = request.Stream ?? false,
                // Usage is part of every stream of this format.
                IncludeUsage = request.Stream ?? false,
                MaxOutputTokens = _limit == NoLimit ? null : _limit,
                ServiceTier = _serviceTier,
                ModelRange = _modelRange,
                AnswerForm = request.AnswerForm,
                Headers = request.Headers,
            };
        }

        private void TakeModel(ref Utf8JsonReader reader)
        {
            if (!_modelRange.Equals(default))
                throw RequestErrors.Duplicate("model");
            _modelRange = (int)reader.TokenStartIndex..(int)reader.BytesConsumed;
            if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.Null))
                throw RequestErrors.InvalidValue("model", "Invalid type for 'model': expected a string.");
        }

        private void TakeContent(ref Utf8JsonReader reader, CallOperation operation)
        {
            if (_contentSeen)
                throw RequestErrors.Duplicate(ContentField(operation));
            _contentSeen = true;
            _hasContent = reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject or JsonTokenType.String;
        }
    }
}
