using System.Text.Json;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;

namespace Switchyard.Dialects.OpenAIResponses;

/// <summary>Reads the envelope: the parts this format has at the top level of a request.</summary>
internal static class EnvelopeReader
{
    /// <summary>The request header in which a coding agent names itself. It is read here and never sent on.</summary>
    public const string Originator = "originator";

    private const string Exclusive = "'previous_response_id' and 'conversation' cannot be used together: send one of them.";

    public static CallEnvelope Read(IngressRequest request, ReadOnlySpan<byte> body) => EnvelopeScan.Read<EnvelopeParts>(request, body);

    /// <summary>
    /// Codex (<c>codex_cli_rs</c>, <c>codex_exec</c>, <c>codex-tui</c>, <c>Codex Desktop</c>) treats a 400 as its own fault and gives up.
    /// It shortens a conversation that is too long only if <c>response.failed</c> reports that.
    /// </summary>
    private static bool ReportsLengthInStream(IngressRequest request) =>
        request.Headers.TryGetValue(Originator, out var client) && client.StartsWith("codex", StringComparison.OrdinalIgnoreCase);

    private static Field Identify(ref Utf8JsonReader reader)
    {
        if (reader.ValueTextEquals("model"u8))
            return Field.Model;
        if (reader.ValueTextEquals("stream"u8))
            return Field.Stream;
        if (reader.ValueTextEquals("max_output_tokens"u8))
            return Field.Limit;
        if (reader.ValueTextEquals("user"u8))
            return Field.User;
        if (reader.ValueTextEquals("safety_identifier"u8))
            return Field.SafetyIdentifier;
        if (reader.ValueTextEquals("previous_response_id"u8))
            return Field.PreviousAnswer;
        if (reader.ValueTextEquals("conversation"u8))
            return Field.Conversation;
        if (reader.ValueTextEquals("service_tier"u8))
            return Field.ServiceTier;
        if (reader.ValueTextEquals("background"u8))
            return Field.Background;
        // The input itself, or a field that refers to input stored at the provider.
        return reader.ValueTextEquals("input"u8) || reader.ValueTextEquals("prompt"u8) ? Field.Input : Field.Other;
    }

    private enum Field
    {
        Other,
        Model,
        Stream,
        Limit,
        User,
        SafetyIdentifier,
        Input,
        PreviousAnswer,
        Conversation,
        ServiceTier,
        Background,
    }

    /// <summary>A conversation is an id, or an object with one.</summary>
    private static string? ReadConversation(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            return ReadId(ref reader);
        string? id = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isId = reader.ValueTextEquals("id"u8);
            reader.Read();
            if (isId)
                id = id is null ? ReadId(ref reader) : throw RequestErrors.Duplicate("conversation.id");
            else
                reader.Skip();
        }

        return id;
    }

    /// <summary>An id; of another type it is left to the provider, which refuses it.</summary>
    private static string? ReadId(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.String)
            return reader.GetString();
        reader.Skip();
        return null;
    }

    private struct EnvelopeParts : IEnvelopeParts
    {
        private string? _model;
        private Range _modelRange;
        private bool? _stream;
        private long? _limit;
        private string? _user;
        private string? _safetyIdentifier;
        private string? _serviceTier;
        private bool _isBackground;
        private bool _hasInput;
        private string? _previous;
        private string? _conversation;

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
                case Field.Limit:
                    _limit = EnvelopeFields.Limit(ref reader, "max_output_tokens", _limit);
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
                case Field.Background:
                    _isBackground = reader.TokenType == JsonTokenType.True;
                    reader.Skip();
                    break;
                case Field.PreviousAnswer:
                    _hasInput |= reader.TokenType != JsonTokenType.Null;
                    _previous = _previous is null ? ReadId(ref reader) : throw RequestErrors.Duplicate("previous_response_id");
                    break;
                case Field.Conversation:
                    _hasInput |= reader.TokenType != JsonTokenType.Null;
                    _conversation = _conversation is null ? ReadConversation(ref reader) : throw RequestErrors.Duplicate("conversation");
                    break;
                case Field.Input:
                    _hasInput |= reader.TokenType != JsonTokenType.Null;
                    reader.Skip();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        public readonly CallEnvelope ToEnvelope(IngressRequest request)
        {
            var model = _model ?? throw RequestErrors.Missing("model");
            if (!_hasInput)
                throw RequestErrors.Missing("input");
            // The owner of one of them is looked up. OpenAI takes no two either.
            if (_previous is not null && _conversation is not null)
                throw RequestErrors.InvalidValue("conversation", Exclusive);
            // A compaction has no fields for these; a provider refuses them or ignores them.
            var isCompaction = request.Operation == CallOperation.Compaction;
            var stream = _stream == true && !isCompaction;
            return new CallEnvelope
            {
                Operation = request.Operation,
                Model = model,
                Stream = stream,
                LengthErrorInStream = ReportsLengthInStream(request),
                // A stream of this format always ends with its usage.
                IncludeUsage = stream,
                MaxOutputTokens = isCompaction ? null : EnvelopeFields.LimitOf(_limit),
                EndUser = _safetyIdentifier ?? _user,
                ServiceTier = _serviceTier,
                IsBackground = _isBackground && !isCompaction,
                ContinuedId = _previous ?? _conversation,
                ContinuedField = _conversation is null ? "previous_response_id" : "conversation",
                ModelRange = _modelRange,
                Headers = BetaHeader.Read(request.Headers),
            };
        }
    }
}
