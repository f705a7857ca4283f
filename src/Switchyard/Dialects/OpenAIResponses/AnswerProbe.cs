using System.Text.Json;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Framing;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;

namespace Switchyard.Dialects.OpenAIResponses;

/// <summary>
/// Scans a forwarded answer. The name of an event shows its kind, so an ordinary one is not read at all; only events before the first
/// content, and the one that ends the stream, are.
/// </summary>
/// <param name="judges">True if an empty answer is to be recognised, as for a chat; a token count never has words.</param>
internal sealed class AnswerProbe(bool judges) : IAnswerProbe
{
    private bool _contentSeen;
    private bool _isBackground;
    private bool _isOver;
    private string? _serviceTier;

    public TokenUsage Usage { get; private set; }

    public CallError? Error { get; private set; }

    public bool SawEnd { get; private set; }

    public string? KeptId { get; private set; }

    public bool IsEmpty => judges && !_contentSeen;

    string? IAnswerProbe.ServiceTier => _serviceTier;

    bool IAnswerProbe.IsUnfinished => _isBackground && !_isOver;

    public FrameKind Observe(StreamFrame frame)
    {
        var data = frame.Data.Trim(" \t\r\n"u8);
        if (data.IsEmpty)
            return FrameKind.Other;
        if (DoneMarker.Is(data))
            return SawEnd ? FrameKind.Terminator : FrameKind.Other;
        if (_contentSeen && IsContent(frame.EventName))
            return FrameKind.Content;
        if (!WireJson.TryParse(data, out var root, out _))
            return Unreadable(frame.EventName);

        var type = frame.EventName.SequenceEqual("error"u8) ? "error" : root.Text("type");
        var kind = Read(type, root);
        _contentSeen |= kind == FrameKind.Content;
        return kind;
    }

    public bool IsTerminator(ReadOnlySpan<byte> data) => DoneMarker.Is(data);

    public bool ObserveBody(ReadOnlySpan<byte> body)
    {
        var reader = default(BodyReader);
        var readable = AnswerScan.TryRead(body, ref reader);
        if (!reader.Searches.IsEmpty)
            Usage = Usage.UpdatedBy(reader.Searches);
        Usage = Usage.UpdatedBy(reader.Usage);
        _serviceTier = reader.ServiceTier ?? _serviceTier;
        KeptId = judges ? reader.Id : null;
        _isBackground |= reader.IsBegun;
        _contentSeen = reader.HasContent || reader.IsCutOff;
        if (reader.HasError && WireJson.TryParse(body, out var root, out _))
            Error = ErrorDecoder.OfResponse(root);
        return readable;
    }

    private FrameKind Unreadable(ReadOnlySpan<byte> eventName)
    {
        if (_contentSeen && !eventName.SequenceEqual("error"u8))
            return FrameKind.Content;
        // No content has reached the client yet, so an error here still allows a fallback.
        Error = AnswerErrors.UnreadableEvent(isErrorEvent: eventName.SequenceEqual("error"u8));
        return FrameKind.Error;
    }

    private FrameKind Read(string? type, JsonElement root)
    {
        var response = root.Member("response") is { ValueKind: JsonValueKind.Object } member ? member : default;
        Usage = HostedCalls.Count(HostedCalls.CountEvent(Usage, type), response);
        if (response.Member("usage") is { ValueKind: JsonValueKind.Object } usage)
            Usage = Usage.UpdatedBy(UsageReader.Read(usage));
        _serviceTier = ServiceTiers.Read(response.Member("service_tier")) ?? _serviceTier;
        KeptId ??= response.Text("id");
        _isBackground |= response.Member("background") is { ValueKind: JsonValueKind.True };
        _isOver |= type is "response.completed" or "response.incomplete" or "response.done" or "response.failed" or "response.cancelled";
        switch (type)
        {
            case "response.completed" or "response.incomplete" or "response.done" when ErrorDecoder.OfResponse(response) is null:
                SawEnd = true;
                // Some servers send the whole content in the last event.
                _contentSeen |= response.Text("status") == "incomplete" || AnyOf(response, "output", SaysSomething);
                return FrameKind.Terminator;
            case "response.completed" or "response.incomplete" or "response.done" or "response.failed" or "response.cancelled":
                Error = ErrorDecoder.OfResponse(response) ?? ErrorDecoder.OfEvent(root);
                return FrameKind.Error;
            case "error":
            case null when root.Member("error") is not null:
                Error = ErrorDecoder.OfEvent(root);
                return FrameKind.Error;
            case var _ when ErrorDecoder.IsError(type, root):
                // No client of this format treats it as an error.
                Error = ErrorDecoder.OfEvent(root);
                return FrameKind.Failure;
            default:
                return type is not null && IsContent(type) && (_contentSeen || Says(root)) ? FrameKind.Content : FrameKind.Other;
        }
    }

    /// <summary>Whether an event of content holds any: some servers begin with empty pieces, and end empty items.</summary>
    private static bool Says(JsonElement root) =>
        root.Member("item") is { ValueKind: JsonValueKind.Object } item ? SaysSomething(item)
        : (root.Member("delta") ?? root.Member("text") ?? root.Member("arguments")) is not { ValueKind: JsonValueKind.String } piece
            || !string.IsNullOrWhiteSpace(piece.GetString());

    /// <summary>Whether an item holds words, or is a call or a tool's result.</summary>
    private static bool SaysSomething(JsonElement item) =>
        item.Text("type") is not ("message" or "reasoning") || AnyOf(item, "content", HoldsWords) || AnyOf(item, "summary", HoldsWords);

    private static bool AnyOf(JsonElement owner, string name, Func<JsonElement, bool> test) =>
        owner.Member(name) is { ValueKind: JsonValueKind.Array } list && list.EnumerateArray().Any(test);

    private static bool HoldsWords(JsonElement part) =>
        !string.IsNullOrWhiteSpace(part.Text("text")) || !string.IsNullOrWhiteSpace(part.Text("refusal"));

    /// <summary>Whether an event of this name carries content: a piece, or the end of one.</summary>
    private static bool IsContent(ReadOnlySpan<byte> name) =>
        name.EndsWith(".delta"u8) || name.EndsWith("_item.done"u8) || name.EndsWith("_text.done"u8)
        || name.EndsWith("_arguments.done"u8);

    private static bool IsContent(string name) =>
        name.EndsWith(".delta", StringComparison.Ordinal) || name.EndsWith("_item.done", StringComparison.Ordinal)
        || name.EndsWith("_text.done", StringComparison.Ordinal) || name.EndsWith("_arguments.done", StringComparison.Ordinal);

    /// <summary>One pass over an answer.</summary>
    private struct BodyReader : IAnswerParts
    {
        public TokenUsage Usage { get; private set; }

        /// <summary>How often the provider's tools were used, according to the items.</summary>
        public TokenUsage Searches { get; private set; }

        public bool HasError { get; private set; }

        /// <summary>Whether it was cut off: it may then have no words.</summary>
        public bool IsCutOff { get; private set; }

        /// <summary>Whether it has only begun: the provider makes it in the background.</summary>
        public bool IsBegun { get; private set; }

        public bool HasContent { get; private set; }

        public string? Id { get; private set; }

        public string? ServiceTier { get; private set; }

        public void Take(ref Utf8JsonReader reader)
        {
            if (reader.ValueTextEquals("output"u8))
            {
                reader.Read();
                TakeOutput(ref reader);
                return;
            }

            if (reader.ValueTextEquals("status"u8))
            {
                reader.Read();
                IsCutOff = reader.TokenType == JsonTokenType.String && !reader.ValueTextEquals("completed"u8);
                IsBegun = IsCutOff && (reader.ValueTextEquals("queued"u8) || reader.ValueTextEquals("in_progress"u8));
                reader.Skip();
                return;
            }

            if (reader.ValueTextEquals("id"u8))
            {
                reader.Read();
                Id = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
                reader.Skip();
                return;
            }

            if (reader.ValueTextEquals("service_tier"u8))
            {
                reader.Read();
                ServiceTier = ServiceTiers.Read(ref reader);
                return;
            }

            if (reader.ValueTextEquals("object"u8))
            {
                reader.Read();
                HasError |= reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("error"u8);
                reader.Skip();
                return;
            }

            var (isUsage, isError) = (reader.ValueTextEquals("usage"u8), reader.ValueTextEquals("error"u8));
            reader.Read();
            if (isUsage)
            {
                Usage = Usage.UpdatedBy(UsageReader.Read(ref reader));
                return;
            }

            HasError |= isError && reader.TokenType is JsonTokenType.StartObject or JsonTokenType.String;
            reader.Skip();
        }

        private void TakeOutput(ref Utf8JsonReader reader)
        {
            if (reader.TokenType != JsonTokenType.StartArray)
            {
                reader.Skip();
                return;
            }

            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                if (reader.TokenType == JsonTokenType.StartObject)
                    TakeItem(ref reader);
                else
                    reader.Skip();
            }
        }

        /// <summary>A message item counts as content if one of its parts does; any other item, a call for example, always does.</summary>
        private void TakeItem(ref Utf8JsonReader reader)
        {
            var (isWords, says) = (false, false);
            var (isWebSearch, isFileSearch, opens) = (false, false, false);
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isType = reader.ValueTextEquals("type"u8);
                var isParts = reader.ValueTextEquals("content"u8) || reader.ValueTextEquals("summary"u8);
                var isAction = reader.ValueTextEquals("action"u8);
                reader.Read();
                if (isType && reader.TokenType == JsonTokenType.String)
                {
                    isWords |= reader.ValueTextEquals("message"u8) || reader.ValueTextEquals("reasoning"u8);
                    isWebSearch |= reader.ValueTextEquals("web_search_call"u8);
                    isFileSearch |= reader.ValueTextEquals("file_search_call"u8);
                }

                if (isParts && reader.TokenType == JsonTokenType.StartArray)
                    says |= TakeParts(ref reader);
                else if (isAction && reader.TokenType == JsonTokenType.StartObject)
                    opens |= IsOtherThanSearch(ref reader);
                else
                    reader.Skip();
            }

            HasContent |= says || !isWords;
            if (isWebSearch)
                Searches = Searches with { WebSearches = (Searches.WebSearches ?? 0) + (opens ? 0 : 1) };
            if (isFileSearch)
                Searches = Searches with { FileSearches = (Searches.FileSearches ?? 0) + 1 };
        }

        /// <summary>Reads the action of a search: whether it opened or searched a page instead.</summary>
        private static bool IsOtherThanSearch(ref Utf8JsonReader reader)
        {
            var isOther = false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isType = reader.ValueTextEquals("type"u8);
                reader.Read();
                isOther |= isType && reader.TokenType == JsonTokenType.String && !reader.ValueTextEquals("search"u8);
                reader.Skip();
            }

            return isOther;
        }

        private static bool TakeParts(ref Utf8JsonReader reader)
        {
            var says = false;
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                if (reader.TokenType != JsonTokenType.StartObject)
                {
                    reader.Skip();
                    continue;
                }

                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                {
                    var isText = reader.ValueTextEquals("text"u8) || reader.ValueTextEquals("refusal"u8);
                    reader.Read();
                    says |= isText && ValueContent.IsPresent(ref reader);
                    reader.Skip();
                }
            }

            return says;
        }
    }
}
