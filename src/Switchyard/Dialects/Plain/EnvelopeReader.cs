using System.Text.Json;
using System.Text.Unicode;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.Plain;

/// <summary>Reads the envelope of the short form: <c>provider</c> and <c>model</c> together name the requested model.</summary>
internal static class EnvelopeReader
{
    public const string ProviderField = "provider";

    public static CallEnvelope Read(CallOperation operation, ReadOnlySpan<byte> body)
    {
        if (!Utf8.IsValid(body))
            throw new CallException(CallErrorKind.InvalidRequest, "The body is not valid UTF-8.");
        try
        {
            return ReadObject(operation, body);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Utf8JsonReader throws InvalidOperationException for half a surrogate pair in a name or in a string that is read.
            throw new CallException(new CallError(CallErrorKind.InvalidRequest, "The body is not a valid JSON object.") { Cause = e });
        }
    }

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

    private static CallEnvelope ReadObject(CallOperation operation, ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body);
        string? provider = null, model = null, user = null, safetyIdentifier = null;
        long? maxTokens = null, maxCompletionTokens = null;
        bool? stream = null;
        var (hasProvider, hasModel, hasMessages) = (false, false, false);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            throw new CallException(CallErrorKind.InvalidRequest, "The body must be a JSON object.");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString();
            reader.Read();
            switch (name)
            {
                case ProviderField:
                    provider = Text(ref reader, ProviderField, "Requested provider is invalid", ref hasProvider);
                    break;
                case "model":
                    model = Text(ref reader, "model", "model must be a string", ref hasModel);
                    break;
                case "stream" when stream is null && reader.TokenType is JsonTokenType.True or JsonTokenType.False or JsonTokenType.Null:
                    stream = reader.TokenType == JsonTokenType.True;
                    break;
                case "stream":
                    throw new CallException(CallErrorKind.InvalidRequest, "stream must be true or false, once", "stream");
                // As in OpenAI chat's envelope: limits and budgets count by these before the request is decoded.
                case "max_tokens":
                    maxTokens = EnvelopeFields.Limit(ref reader, "max_tokens", maxTokens);
                    break;
                case "max_completion_tokens":
                    maxCompletionTokens = EnvelopeFields.Limit(ref reader, "max_completion_tokens", maxCompletionTokens);
                    break;
                case "user":
                    user = EnvelopeFields.Text(ref reader, "user");
                    break;
                case "safety_identifier":
                    safetyIdentifier = EnvelopeFields.Text(ref reader, "safety_identifier");
                    break;
                case "messages":
                    hasMessages = reader.TokenType == JsonTokenType.StartArray && !IsEmptyArray(reader);
                    break;
            }

            reader.Skip();
        }

        if (reader.Read())
            throw new CallException(CallErrorKind.InvalidRequest, "Something follows the JSON object.");
        if (!hasMessages)
            throw new CallException(CallErrorKind.InvalidRequest, "messages array is required", "messages");
        return new CallEnvelope
        {
            Operation = operation,
            Model = (provider, model) switch
            {
                (null, null) => throw new CallException(CallErrorKind.InvalidRequest, "Name a provider, a model, or both.", "model"),
                (null, { } name) => name,
                ({ } name, null) => name,
                _ => $"{provider}/{model}",
            },
            Provider = provider,
            Stream = stream is true,
            IncludeUsage = true,
            MaxOutputTokens = EnvelopeFields.LimitOf(maxCompletionTokens, maxTokens),
            EndUser = safetyIdentifier ?? user,
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
