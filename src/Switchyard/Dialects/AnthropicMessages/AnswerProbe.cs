using System.Text.Json;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Framing;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;

namespace Switchyard.Dialects.AnthropicMessages;

/// <summary>
/// Scans a forwarded answer. Events are named, so that a content event costs one comparison; only the events that carry usage, an error or
/// no name are read as JSON.
/// </summary>
/// <remarks>
/// An answer that ends without a block has not failed: this format's models end a turn like that if they have nothing to add.
/// </remarks>
/// <param name="judges">True if an empty answer is to be recognised, as for a chat; a token count never has words.</param>
internal sealed class AnswerProbe(bool judges) : IAnswerProbe
{
    private UsageCounts _counts;
    private bool _started;
    private bool _hasContent;

    public TokenUsage Usage => _counts.Usage;

    public bool SawEnd { get; private set; }

    public bool IsEmpty => judges && !_hasContent;

    string? IAnswerProbe.ServiceTier => _counts.ServiceTier;

    bool IAnswerProbe.IsCountedAtStart => SawEnd && _counts.IsOutputOfStart;

    public CallError? Error { get; private set; }

    public FrameKind Observe(StreamFrame frame)
    {
        if (frame.Data.IsEmpty)
            return FrameKind.Other;
        var name = frame.EventName;
        if (name.SequenceEqual("content_block_delta"u8))
            return Content();
        if (name.SequenceEqual("content_block_stop"u8) || name.SequenceEqual("ping"u8))
            return FrameKind.Other;
        return Read(frame.Data, name);
    }

    public bool IsTerminator(ReadOnlySpan<byte> data) => DoneMarker.Is(data);

    public bool ObserveBody(ReadOnlySpan<byte> body)
    {
        var reader = new EventReader { Counts = _counts };
        var readable = AnswerScan.TryRead(body, ref reader);
        _counts = reader.Counts;
        if (!readable)
            return false;
        if (reader.Type == EventType.Error || (reader.HasError && !reader.HasBlocks))
            ReadError(body, isErrorEvent: false);
        _hasContent = reader.HasBlocks;
        return true;
    }

    private FrameKind Read(ReadOnlySpan<byte> data, ReadOnlySpan<byte> name)
    {
        var isErrorEvent = name.SequenceEqual("error"u8);
        var reader = new EventReader { Counts = _counts };
        var readable = AnswerScan.TryRead(data, ref reader);
        _counts = reader.Counts;
        if (isErrorEvent || reader.Type == EventType.Error)
        {
            ReadError(data, isErrorEvent);
            return FrameKind.Error;
        }

        // Some servers write errors like this, which no client of this format reads.
        if (reader.HasError && !reader.HasType)
        {
            ReadError(data, isErrorEvent: false);
            return FrameKind.Failure;
        }

        if (!readable)
            return ReadBroken(data);
        _started = true;
        switch (reader.Type)
        {
            case EventType.End:
                SawEnd |= reader.HasStopReason;
                return Content();
            case EventType.Stop:
                SawEnd = true;
                return FrameKind.Terminator;
            case EventType.Content:
                return Content();
            default:
                return FrameKind.Other;
        }
    }

    private FrameKind ReadBroken(ReadOnlySpan<byte> data)
    {
        if (DoneMarker.Is(data))
        {
            SawEnd = true;
            return FrameKind.Terminator;
        }

        if (_started)
            return FrameKind.Content;
        // No content has reached the client yet, so an error here still allows a fallback.
        Error = AnswerErrors.UnreadableEvent();
        return FrameKind.Error;
    }

    private FrameKind Content()
    {
        _started = _hasContent = true;
        return FrameKind.Content;
    }

    /// <summary>Errors are rare, so this path may build a document.</summary>
    private void ReadError(ReadOnlySpan<byte> data, bool isErrorEvent)
    {
        Error = WireJson.TryParse(data, out var root, out _) ? ErrorDecoder.DecodeInBand(root, isErrorEvent) : null;
        Error ??= AnswerErrors.UnreadableEvent(isErrorEvent: true);
    }

    private enum EventType
    {
        Other,
        Content,
        End,
        Stop,
        Error,
    }

    /// <summary>One pass over an event or a whole answer.</summary>
    private struct EventReader : IAnswerParts
    {
        private bool _opensMore;

        /// <summary>The counts so far, to which those of this event are added.</summary>
        public UsageCounts Counts;

        public EventType Type { get; private set; }

        public bool HasStopReason { get; private set; }

        /// <summary>Whether it is a whole answer, which has a list of blocks.</summary>
        public bool HasBlocks { get; private set; }

        public bool HasType { get; private set; }

        public bool HasError { get; private set; }

        public void Take(ref Utf8JsonReader reader)
        {
            if (reader.ValueTextEquals("type"u8))
            {
                reader.Read();
                HasType |= reader.TokenType == JsonTokenType.String;
                if (reader.TokenType == JsonTokenType.String)
                    Type = _opensMore ? EventType.Content : TypeOf(ref reader);
                reader.Skip();
            }
            else if (reader.ValueTextEquals("usage"u8))
            {
                reader.Read();
                Counts.Take(ref reader);
            }
            else if (reader.ValueTextEquals("message"u8))
            {
                reader.Read();
                TakeInner(ref reader);
                Counts.EndStart();
            }
            else if (reader.ValueTextEquals("delta"u8))
            {
                reader.Read();
                TakeInner(ref reader);
            }
            else if (reader.ValueTextEquals("content_block"u8))
            {
                reader.Read();
                TakeBlock(ref reader);
            }
            else
            {
                var isContent = reader.ValueTextEquals("content"u8);
                var isError = reader.ValueTextEquals("error"u8);
                reader.Read();
                HasBlocks |= isContent && reader.TokenType == JsonTokenType.StartArray;
                HasError |= isError && reader.TokenType is JsonTokenType.StartObject or JsonTokenType.String;
                reader.Skip();
            }
        }

        private static EventType TypeOf(ref Utf8JsonReader reader)
        {
            if (reader.ValueTextEquals("content_block_delta"u8))
                return EventType.Content;
            if (reader.ValueTextEquals("message_delta"u8))
                return EventType.End;
            if (reader.ValueTextEquals("message_stop"u8))
                return EventType.Stop;
            return reader.ValueTextEquals("error"u8) ? EventType.Error : EventType.Other;
        }

        private void TakeInner(ref Utf8JsonReader reader)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                return;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isUsage = reader.ValueTextEquals("usage"u8);
                var isReason = reader.ValueTextEquals("stop_reason"u8);
                reader.Read();
                HasStopReason |= isReason && reader.TokenType == JsonTokenType.String;
                if (isUsage)
                    Counts.Take(ref reader);
                else
                    reader.Skip();
            }
        }

        /// <summary>
        /// The start of a text or thinking block holds no content yet; that of any other block names a tool or is the whole block.
        /// </summary>
        private void TakeBlock(ref Utf8JsonReader reader)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                return;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isType = reader.ValueTextEquals("type"u8);
                reader.Read();
                if (isType && reader.TokenType == JsonTokenType.String && !reader.ValueTextEquals("text"u8)
                    && !reader.ValueTextEquals("thinking"u8))
                {
                    _opensMore = true;
                }

                reader.Skip();
            }

            if (_opensMore)
                Type = EventType.Content;
        }
    }
}
