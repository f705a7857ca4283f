using System.Text.Json;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;

namespace Switchyard.Dialects.AnthropicMessages;

/// <summary>Reads the envelope: the parts this format has at the top level of a request.</summary>
internal static class EnvelopeReader
{
    public static CallEnvelope Read(IngressRequest request, ReadOnlySpan<byte> body) => EnvelopeScan.Read<EnvelopeParts>(request, body);

    private static Field Identify(ref Utf8JsonReader reader)
    {
        if (reader.ValueTextEquals("model"u8))
            return Field.Model;
        if (reader.ValueTextEquals("stream"u8))
            return Field.Stream;
        if (reader.ValueTextEquals("max_tokens"u8))
            return Field.MaxTokens;
        if (reader.ValueTextEquals("messages"u8))
            return Field.Messages;
        if (reader.ValueTextEquals("service_tier"u8))
            return Field.ServiceTier;
        if (reader.ValueTextEquals("inference_geo"u8) || reader.ValueTextEquals("speed"u8))
            return Field.PricedMode;
        return reader.ValueTextEquals("metadata"u8) ? Field.Metadata : Field.Other;
    }

    private enum Field
    {
        Other,
        Model,
        Stream,
        MaxTokens,
        Messages,
        Metadata,
        ServiceTier,
        PricedMode,
    }

    private struct EnvelopeParts : IEnvelopeParts
    {
        private string? _model;
        private Range _modelRange;
        private bool? _stream;
        private bool _hasMaxTokens;
        private long? _maxTokens;
        private string? _user;
        private string? _serviceTier;
        private bool _hasMessages;

        public void Take(ref Utf8JsonReader reader, IngressRequest request)
        {
            var field = Identify(ref reader);
            reader.Read();
            switch (field)
            {
                case Field.Model:
                    _model = EnvelopeFields.Model(ref reader, _model, out _modelRange);
                    break;
                case Field.Stream:
                    _stream = EnvelopeFields.Stream(ref reader, _stream);
                    break;
                case Field.MaxTokens:
                    TakeMaxTokens(ref reader);
                    break;
                case Field.Messages:
                    EnvelopeFields.SkipMessages(ref reader);
                    _hasMessages = true;
                    break;
                case Field.ServiceTier:
                    _serviceTier = PricedModes.Over(_serviceTier, ServiceTiers.Read(ref reader));
                    break;
                case Field.PricedMode:
                    _serviceTier = PricedModes.Read(ref reader, _serviceTier);
                    break;
                case Field.Metadata:
                    TakeMetadata(ref reader);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        public readonly CallEnvelope ToEnvelope(IngressRequest request)
        {
            var model = _model ?? throw RequestErrors.Missing("model");
            if (_maxTokens is null && request.Operation != CallOperation.CountTokens)
                throw RequestErrors.Missing("max_tokens");
            if (!_hasMessages)
                throw RequestErrors.Missing("messages");
            return new CallEnvelope
            {
                Operation = request.Operation,
                Model = model,
                Stream = _stream == true && request.Operation != CallOperation.CountTokens,
                // Streams of this format always carry usage.
                IncludeUsage = true,
                MaxOutputTokens = _maxTokens,
                EndUser = _user,
                ServiceTier = _serviceTier,
                ModelRange = _modelRange,
                Headers = request.Headers,
            };
        }

        private void TakeMaxTokens(ref Utf8JsonReader reader)
        {
            if (_hasMaxTokens)
                throw RequestErrors.Duplicate("max_tokens");
            _hasMaxTokens = true;
            if (reader.TokenType == JsonTokenType.Null)
                return;
            if (reader.TokenType != JsonTokenType.Number)
                throw EnvelopeFields.WrongType("max_tokens", "an integer", ref reader);
            _maxTokens = WireJson.WholeNumber(ref reader) is >= 0 and var limit
                ? limit
                : throw RequestErrors.InvalidValue(
                    "max_tokens", "Invalid value for 'max_tokens': expected a whole number that is not negative.");
        }

        private void TakeMetadata(ref Utf8JsonReader reader)
        {
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
    }
}
