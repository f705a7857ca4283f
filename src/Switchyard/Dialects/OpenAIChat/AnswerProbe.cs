using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Framing;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;

namespace Switchyard.Dialects.OpenAIChat;

/// <summary>
/// Scans a forwarded answer. An ordinary content frame costs two vectorised searches: only a frame that has <c>"usage"</c> or
/// <c>"error"</c> as a name with a value, or that comes before the first content, is read as JSON.
/// </summary>
/// <remarks>
/// Inside a JSON string the quotes would be escaped, so model output about usage does not match; a frame that matches by accident
/// is merely read.
/// </remarks>
/// <param name="judges">True if an empty answer is to be recognised, as for a chat; a list of vectors never has words.</param>
internal sealed class AnswerProbe(bool judges = true) : IAnswerProbe
{
    private bool _contentSeen;
    private string? _serviceTier;

    public TokenUsage Usage { get; private set; }

    public CallError? Error { get; private set; }

    public bool SawEnd { get; private set; }

    public bool IsEmpty => judges && !_contentSeen;

    string? IAnswerProbe.ServiceTier => _serviceTier;

    public FrameKind Observe(StreamFrame frame)
    {
        var data = frame.Data;
        if (data.IsEmpty)
            return FrameKind.Other;
        if (DoneMarker.Is(data))
        {
            SawEnd = true;
            return FrameKind.Terminator;
        }

        // Some servers write an empty reason before the real one.
        var finishes = MemberScan.CountTexts(data, "\"finish_reason\""u8) > 0;
        SawEnd |= finishes;
        var isErrorEvent = frame.EventName.SequenceEqual("error"u8);
        if (_contentSeen && !isErrorEvent && !finishes && !HoldsValueOf(data, "\"usage\""u8) && !HoldsError(data))
            return FrameKind.Content;

        var kind = Read(data, isErrorEvent);
        _contentSeen |= kind == FrameKind.Content;
        return kind;
    }

    public bool IsTerminator(ReadOnlySpan<byte> data) => DoneMarker.Is(data);

    public bool ObserveBody(ReadOnlySpan<byte> body)
    {
        var reader = new FrameReader();
        var readable = AnswerScan.TryRead(body, ref reader);
        Usage = Usage.UpdatedBy(reader.Usage);
        _serviceTier = reader.ServiceTier ?? _serviceTier;
        if (!readable)
            return false;
        _contentSeen = reader.HasContent;
        if (reader.HasFailedChoice || ((reader.HasError || reader.IsError) && !reader.HasChoices))
            ReadError(body, isErrorEvent: false);
        return true;
    }

    private FrameKind Read(ReadOnlySpan<byte> data, bool isErrorEvent)
    {
        var reader = new FrameReader();
        var readable = AnswerScan.TryRead(data, ref reader);
        if (readable)
            Usage = Usage.UpdatedBy(reader.Usage);
        _serviceTier = reader.ServiceTier ?? _serviceTier;
        if (isErrorEvent || reader.HasError)
        {
            ReadError(data, isErrorEvent);
            return FrameKind.Error;
        }

        if (reader.HasFailedChoice || reader.IsError)
        {
            ReadError(data, isErrorEvent: false);
            return FrameKind.Failure;
        }

        if (!readable && !_contentSeen)
        {
            // No content has reached the client yet, so an error here still allows a fallback.
            Error = AnswerErrors.UnreadableEvent();
            return FrameKind.Error;
        }

        if (!readable || reader.HasContent)
            return FrameKind.Content;
        return !reader.HasChoices && !reader.Usage.IsEmpty ? FrameKind.UsageOnly : FrameKind.Other;
    }

    /// <summary>Errors are rare, so this path may build a document.</summary>
    private void ReadError(ReadOnlySpan<byte> data, bool isErrorEvent)
    {
        Error = WireJson.TryParse(data, out var root, out _)
            ? ErrorDecoder.DecodeChoices(root) ?? ErrorDecoder.DecodeInBand(root, isErrorEvent)
            : null;
        Error ??= AnswerErrors.UnreadableEvent(isErrorEvent: true);
    }

    /// <summary>Whether it may hold an error: under that name, or as an object of that type.</summary>
    private static bool HoldsError(ReadOnlySpan<byte> data) => data.IndexOf("\"error\""u8) >= 0
        && (HoldsValueOf(data, "\"error\""u8) || MemberScan.CountValues(data, "\"object\""u8, "\"error\""u8) > 0);

    /// <summary>Whether the quoted name occurs with a value that is not null.</summary>
    private static bool HoldsValueOf(ReadOnlySpan<byte> data, ReadOnlySpan<byte> quotedName)
    {
        int at;
        while ((at = data.IndexOf(quotedName)) >= 0)
        {
            data = data[(at + quotedName.Length)..].TrimStart(" \t\r\n"u8);
            if (data.IsEmpty || data[0] != (byte)':')
                continue;
            data = data[1..].TrimStart(" \t\r\n"u8);
            if (!data.StartsWith("null"u8))
                return true;
        }

        return false;
    }

    /// <summary>One pass over a chunk or an answer.</summary>
    private struct FrameReader : IAnswerParts
    {
        public TokenUsage Usage { get; private set; }

        public string? ServiceTier { get; private set; }

        /// <summary>Whether <c>choices</c> has a member.</summary>
        public bool HasChoices { get; private set; }

        public bool HasContent { get; private set; }

        public bool HasError { get; private set; }

        /// <summary>Whether it is an error as a whole, with <c>"object":"error"</c>, which clients do not treat as one.</summary>
        public bool IsError { get; private set; }

        /// <summary>Whether one of the choices holds an error, or a finish reason that means one.</summary>
        public bool HasFailedChoice { get; private set; }

        public void Take(ref Utf8JsonReader reader)
        {
            if (reader.ValueTextEquals("choices"u8))
            {
                reader.Read();
                TakeChoices(ref reader);
            }
            else if (reader.ValueTextEquals("usage"u8) || reader.ValueTextEquals("tokens"u8))
            {
                // SiliconFlow calls that of a rerank "tokens".
                reader.Read();
                Usage = Usage.UpdatedBy(UsageReader.Read(ref reader));
            }
            else if (reader.ValueTextEquals("x_groq"u8))
            {
                reader.Read();
                TakeUsageIn(ref reader, "usage"u8);
            }
            else if (reader.ValueTextEquals("meta"u8))
            {
                // A rerank by servers that copy Cohere.
                reader.Read();
                TakeUsageIn(ref reader, "tokens"u8);
            }
            else if (reader.ValueTextEquals("error"u8))
            {
                reader.Read();
                HasError |= reader.TokenType is JsonTokenType.StartObject or JsonTokenType.String;
                reader.Skip();
            }
            else if (reader.ValueTextEquals("object"u8))
            {
                reader.Read();
                IsError |= reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("error"u8);
                reader.Skip();
            }
            else if (reader.ValueTextEquals("service_tier"u8))
            {
                reader.Read();
                ServiceTier = ServiceTiers.Read(ref reader);
            }
            else if (reader.ValueTextEquals("base_resp"u8))
            {
                reader.Read();
                TakeMiniMax(ref reader);
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        /// <summary>Reads the status of a request; 0 is success.</summary>
        private void TakeMiniMax(ref Utf8JsonReader reader)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                return;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isCode = reader.ValueTextEquals("status_code"u8);
                reader.Read();
                HasError |= isCode && reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var code) && code != 0;
                reader.Skip();
            }
        }

        private void TakeUsageIn(ref Utf8JsonReader reader, ReadOnlySpan<byte> name)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                return;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isUsage = reader.ValueTextEquals(name);
                reader.Read();
                if (isUsage)
                    Usage = Usage.UpdatedBy(UsageReader.Read(ref reader));
                else
                    reader.Skip();
            }
        }

        private void TakeChoices(ref Utf8JsonReader reader)
        {
            if (reader.TokenType != JsonTokenType.StartArray)
            {
                reader.Skip();
                return;
            }

            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                HasChoices = true;
                if (reader.TokenType == JsonTokenType.StartObject)
                    TakeChoice(ref reader);
                else
                    reader.Skip();
            }
        }

        private void TakeChoice(ref Utf8JsonReader reader)
        {
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("usage"u8))
                {
                    reader.Read();
                    Usage = Usage.UpdatedBy(UsageReader.Read(ref reader));
                }
                else if (reader.ValueTextEquals("delta"u8))
                {
                    reader.Read();
                    TakeDelta(ref reader);
                }
                else if (reader.ValueTextEquals("error"u8))
                {
                    reader.Read();
                    HasFailedChoice |= reader.TokenType is JsonTokenType.StartObject or JsonTokenType.String;
                    reader.Skip();
                }
                else if (reader.ValueTextEquals("finish_reason"u8))
                {
                    reader.Read();
                    HasContent |= reader.TokenType == JsonTokenType.String && IsReasonForNothing(ref reader);
                    // Only a word that no ordinary answer ends with is made a string.
                    HasFailedChoice |= reader.TokenType == JsonTokenType.String && !IsOrdinary(ref reader)
                        && FinishWords.ErrorOf(reader.GetString()) is not null;
                    reader.Skip();
                }
                else if (reader.ValueTextEquals("message"u8))
                {
                    reader.Read();
                    TakeDelta(ref reader);
                }
                else
                {
                    var isText = reader.ValueTextEquals("text"u8);
                    reader.Read();
                    HasContent |= isText && ValueContent.IsPresent(ref reader);
                    reader.Skip();
                }
            }
        }

        private static bool IsOrdinary(ref Utf8JsonReader reader) =>
            reader.ValueTextEquals("stop"u8) || reader.ValueTextEquals("length"u8) || reader.ValueTextEquals("tool_calls"u8);

        /// <summary>
        /// Whether it explains an answer without words and calls: the limit, a filter. Unknown reasons mean that the model stopped.
        /// </summary>
        private static bool IsReasonForNothing(ref Utf8JsonReader reader) =>
            reader.ValueTextEquals("length"u8)
            || (!IsOrdinary(ref reader) && FinishReasons.Read(reader.GetString(), hasToolCalls: false) != ChatFinishReason.Stop);

        /// <summary>Reads a piece of a message, or a whole one: every member but its role may be content.</summary>
        private void TakeDelta(ref Utf8JsonReader reader)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                return;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isRole = reader.ValueTextEquals("role"u8);
                reader.Read();
                HasContent |= !isRole && ValueContent.IsPresent(ref reader);
                reader.Skip();
            }
        }
    }
}
