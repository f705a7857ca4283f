using System.Text.Json;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;

namespace Switchyard.Dialects.OpenAIChat;

/// <summary>Reads the envelope: the parts this format has at the top level of a request.</summary>
internal static class EnvelopeReader
{
    private const string DefaultModerationModel = "omni-moderation-latest";

    public static CallEnvelope Read(IngressRequest request, ReadOnlySpan<byte> body) => EnvelopeScan.Read<EnvelopeParts>(request, body);

    private static Field Identify(ref Utf8JsonReader reader)
    {
        // An escaped name ("mod\u0065l") is compared unescaped, or it would slip past the check for duplicates.
        if (!reader.ValueIsEscaped && reader.ValueSpan.Length is < 4 or > 21)
            return Field.Other;
        if (reader.ValueTextEquals("model"u8))
            return Field.Model;
        if (reader.ValueTextEquals("stream"u8))
            return Field.Stream;
        if (reader.ValueTextEquals("messages"u8))
            return Field.Messages;
        if (reader.ValueTextEquals("stream_options"u8))
            return Field.StreamOptions;
        if (reader.ValueTextEquals("max_completion_tokens"u8))
            return Field.MaxCompletionTokens;
        if (reader.ValueTextEquals("max_tokens"u8))
            return Field.MaxTokens;
        if (reader.ValueTextEquals("user"u8))
            return Field.User;
        if (reader.ValueTextEquals("safety_identifier"u8))
            return Field.SafetyIdentifier;
        if (reader.ValueTextEquals("input"u8))
            return Field.Input;
        if (reader.ValueTextEquals("documents"u8))
            return Field.Documents;
        if (reader.ValueTextEquals("service_tier"u8))
            return Field.ServiceTier;
        return reader.ValueTextEquals("prompt"u8) ? Field.Prompt : Field.Other;
    }

    private enum Field
    {
        Other,
        Model,
        Stream,
        StreamOptions,
        MaxTokens,
        MaxCompletionTokens,
        User,
        SafetyIdentifier,
        Messages,
        Prompt,
        Input,
        Documents,
        ServiceTier,
    }

    private struct EnvelopeParts : IEnvelopeParts
    {
        private string? _model;
        private Range _modelRange;
        private bool? _stream;
        private bool _includeUsage;
        private Range _streamOptionsRange;
        private long? _maxTokens;
        private long? _maxCompletionTokens;
        private string? _user;
        private string? _safetyIdentifier;
        private string? _serviceTier;
        private bool _hasContent;

        public void Take(ref Utf8JsonReader reader, IngressRequest request)
        {
            var field = Identify(ref reader);
            var operation = request.Operation;
            reader.Read();
            switch (field)
            {
                case Field.Model:
                    TakeModel(ref reader, request);
                    break;
                case Field.Stream:
                    _stream = EnvelopeFields.Stream(ref reader, _stream);
                    break;
                case Field.StreamOptions:
                    TakeStreamOptions(ref reader);
                    break;
                case Field.MaxTokens:
                    _maxTokens = EnvelopeFields.Limit(ref reader, "max_tokens", _maxTokens);
                    break;
                case Field.MaxCompletionTokens:
                    _maxCompletionTokens = EnvelopeFields.Limit(ref reader, "max_completion_tokens", _maxCompletionTokens);
                    break;
                case Field.User:
                    _user = EnvelopeFields.Text(ref reader, "user");
                    break;
                case Field.SafetyIdentifier:
                    _safetyIdentifier = EnvelopeFields.Text(ref reader, "safety_identifier");
                    break;
                case Field.ServiceTier:
                    _serviceTier = ServiceTiers.Read(ref reader);
                    break;
                case Field.Messages when operation == CallOperation.Chat:
                    EnvelopeFields.SkipMessages(ref reader);
                    _hasContent = true;
                    break;
                case Field.Prompt when operation is CallOperation.Completion or CallOperation.ImageGeneration:
                case Field.Input when operation is CallOperation.Embedding or CallOperation.Moderation or CallOperation.Speech:
                // Some servers embed a conversation, images included, in place of texts.
                case Field.Messages when operation == CallOperation.Embedding:
                case Field.Documents when operation == CallOperation.Rerank:
                    _hasContent |= reader.TokenType != JsonTokenType.Null;
                    reader.Skip();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        public readonly CallEnvelope ToEnvelope(IngressRequest request)
        {
            var operation = request.Operation;
            // If the path names the model, as Azure OpenAI's do, it decides.
            var model = request.Model ?? _model
                ?? (operation == CallOperation.Moderation ? DefaultModerationModel : throw RequestErrors.Missing("model"));
            if (!_hasContent && ContentField(operation) is { } required)
                throw RequestErrors.Missing(required);
            return new CallEnvelope
            {
                Operation = operation,
                Model = model,
                Stream = _stream ?? false,
                IncludeUsage = _includeUsage,
                MaxOutputTokens = EnvelopeFields.LimitOf(_maxCompletionTokens, _maxTokens),
                EndUser = _safetyIdentifier ?? _user,
                ServiceTier = _serviceTier,
                ModelRange = _modelRange,
                StreamOptionsRange = _streamOptionsRange,
            };
        }

        /// <summary>The required field of an operation beside the model; null if vendors differ.</summary>
        private static string? ContentField(CallOperation operation) => operation switch
        {
            CallOperation.Chat => "messages",
            CallOperation.Completion or CallOperation.ImageGeneration => "prompt",
            CallOperation.Rerank => "documents",
            CallOperation.ImageEdit or CallOperation.Transcription or CallOperation.AudioTranslation => null,
            _ => "input",
        };

        private void TakeModel(ref Utf8JsonReader reader, IngressRequest request)
        {
            if (request.Model is null)
            {
                _model = EnvelopeFields.Model(ref reader, _model, out _modelRange);
                return;
            }

            // The path decides; the value here is replaced, and may be missing.
            if (!_modelRange.Equals(default))
                throw RequestErrors.Duplicate("model");
            if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.Null))
                throw EnvelopeFields.WrongType("model", "a string", ref reader);
            _modelRange = (int)reader.TokenStartIndex..(int)reader.BytesConsumed;
        }

        private void TakeStreamOptions(ref Utf8JsonReader reader)
        {
            var start = (int)reader.TokenStartIndex;
            _includeUsage = false;
            if (reader.TokenType == JsonTokenType.StartObject)
            {
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                {
                    var isIncludeUsage = reader.ValueTextEquals("include_usage"u8);
                    reader.Read();
                    if (isIncludeUsage)
                        _includeUsage = reader.TokenType == JsonTokenType.True;
                    reader.Skip();
                }
            }
            else if (reader.TokenType != JsonTokenType.Null)
            {
                throw EnvelopeFields.WrongType("stream_options", "an object", ref reader);
            }

            _streamOptionsRange = start..(int)reader.BytesConsumed;
        }
    }
}
