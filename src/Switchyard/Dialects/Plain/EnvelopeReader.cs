using System.Text.Json;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;

namespace Switchyard.Dialects.Plain;

/// <summary>Reads the envelope of the short form: <c>provider</c> and <c>model</c> together name the requested model.</summary>
internal static class EnvelopeReader
{
    public const string ProviderField = "provider";

    public static CallEnvelope Read(IngressRequest request, ReadOnlySpan<byte> body) => EnvelopeScan.Read<EnvelopeParts>(request, body);

    /// <summary>The body, with an empty <c>model</c> added if it has none, because the decoder of OpenAI chat requires one.</summary>
    public static ReadOnlyMemory<byte> WithModel(ReadOnlyMemory<byte> body)
    {
        var reader = new Utf8JsonReader(body.Span);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("model"u8))
                return body;
            reader.Skip();
        }

        var start = body.Span.IndexOf((byte)'{') + 1;
        return (byte[])[.. body.Span[..start], .. "\"model\":\"default\","u8, .. body.Span[start..]];
    }

    private struct EnvelopeParts : IEnvelopeParts
    {
        private string? _provider;
        private string? _model;
        private string? _user;
        private string? _safetyIdentifier;
        private long? _maxTokens;
        private long? _maxCompletionTokens;
        private bool? _stream;
        private bool _hasProvider;
        private bool _hasModel;
        private bool _hasMessages;

        public void Take(ref Utf8JsonReader reader, IngressRequest request)
        {
            var name = reader.GetString();
            reader.Read();
            switch (name)
            {
                case ProviderField:
                    _provider = Text(ref reader, ProviderField, "Requested provider is invalid", ref _hasProvider);
                    break;
                case "model":
                    _model = Text(ref reader, "model", "model must be a string", ref _hasModel);
                    break;
                case "stream" when _stream is null && reader.TokenType is JsonTokenType.True or JsonTokenType.False or JsonTokenType.Null:
                    _stream = reader.TokenType == JsonTokenType.True;
                    break;
                case "stream":
                    throw new CallException(CallErrorKind.InvalidRequest, "stream must be true or false, once", "stream");
                // As in OpenAI chat's envelope: limits and budgets count by these before the request is decoded.
                case "max_tokens":
                    _maxTokens = EnvelopeFields.Limit(ref reader, "max_tokens", _maxTokens);
                    break;
                case "max_completion_tokens":
                    _maxCompletionTokens = EnvelopeFields.Limit(ref reader, "max_completion_tokens", _maxCompletionTokens);
                    break;
                case "user":
                    _user = EnvelopeFields.Text(ref reader, "user");
                    break;
                case "safety_identifier":
                    _safetyIdentifier = EnvelopeFields.Text(ref reader, "safety_identifier");
                    break;
                case "messages":
                    _hasMessages = reader.TokenType == JsonTokenType.StartArray && !IsEmptyArray(reader);
                    break;
            }

            reader.Skip();
        }

        public readonly CallEnvelope ToEnvelope(IngressRequest request) => new()
        {
            Operation = request.Operation,
            Model = _hasMessages
                ? NamedModel()
                : throw new CallException(CallErrorKind.InvalidRequest, "messages array is required", "messages"),
            Provider = _provider,
            Stream = _stream is true,
            IncludeUsage = true,
            MaxOutputTokens = EnvelopeFields.LimitOf(_maxCompletionTokens, _maxTokens),
            EndUser = _safetyIdentifier ?? _user,
        };

        private readonly string NamedModel() => (_provider, _model) switch
        {
            (null, null) => throw new CallException(CallErrorKind.InvalidRequest, "Name a provider, a model, or both.", "model"),
            (null, { } name) => name,
            ({ } name, null) => name,
            _ => $"{_provider}/{_model}",
        };
    }

    /// <summary>The name in a field; null if the field is null, as clients write an optional field that they leave out.</summary>
    private static string? Text(ref Utf8JsonReader reader, string field, string message, ref bool wasRead)
    {
        var isFirst = !wasRead;
        wasRead = true;
        if (isFirst && reader.TokenType == JsonTokenType.Null)
            return null;
        return isFirst && reader.TokenType == JsonTokenType.String && reader.GetString() is { } text && !string.IsNullOrWhiteSpace(text)
            ? text
            : throw new CallException(CallErrorKind.InvalidRequest, message, field);
    }

    private static bool IsEmptyArray(Utf8JsonReader reader) => reader.Read() && reader.TokenType == JsonTokenType.EndArray;
}
