using System.Text.Json;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Framing;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.OpenAIChat;

/// <summary>
/// Scans a forwarded answer. An ordinary content frame costs two vectorised searches: only a frame in which the words <c>"usage"</c> or
/// <c>"error"</c> stand as a name with a value, or that comes before the first content, is read as JSON.
/// </summary>
/// <remarks>
/// Inside a JSON string the quotes would be escaped, so model output about usage does not match; a frame that matches by accident
/// is merely read.
/// </remarks>
internal sealed class AnswerProbe : IAnswerProbe
{
    /// <summary>The longest end of an answer that is read alone: usage takes some 400 bytes, and little follows it.</summary>
    private const int LongestEnd = 1024;

    private bool _contentSeen;

    public TokenUsage Usage { get; private set; }

    public CallError? Error { get; private set; }

    public bool SawEnd { get; private set; }

    public FrameKind Observe(StreamFrame frame)
    {
        var data = frame.Data;
        if (data.IsEmpty)
            return FrameKind.Other;
        if (data[0] == (byte)'[' && data.TrimEnd((byte)' ').SequenceEqual("[DONE]"u8))
        {
            SawEnd = true;
            return FrameKind.Terminator;
        }

        SawEnd |= HoldsValueOf(data, "\"finish_reason\""u8);
        var isErrorEvent = frame.EventName.SequenceEqual("error"u8);
        if (_contentSeen && !isErrorEvent && !HoldsValueOf(data, "\"usage\""u8) && !HoldsValueOf(data, "\"error\""u8))
            return FrameKind.Content;

        var kind = Read(data, isErrorEvent);
        _contentSeen |= kind == FrameKind.Content;
        return kind;
    }

    public bool ObserveBody(ReadOnlySpan<byte> body)
    {
        if (TryReadEnd(body))
            return true;
        var reader = new FrameReader();
        if (!reader.TryRead(body))
            return false;
        Usage = Usage.UpdatedBy(reader.Usage);
        if (reader.HasError && !reader.HasChoices)
            ReadError(body, isErrorEvent: false);
        return true;
    }

    /// <summary>
    /// Most answers end in their usage, after the choices. Then only that end is read: one name <c>"usage"</c>, from which on the text
    /// closes exactly the answer's own object, and no <c>"error"</c> with a value. False when the answer must be read whole.
    /// </summary>
    private bool TryReadEnd(ReadOnlySpan<byte> body)
    {
        body = body.Trim(" \t\r\n"u8);
        if (body.Length < 2 || body[0] != (byte)'{')
            return false;
        var at = body.LastIndexOf("\"usage\""u8);
        if (at < 0 || body.Length - at >= LongestEnd || body[..at].IndexOf("\"usage\""u8) >= 0 || HoldsValueOf(body, "\"error\""u8))
            return false;
        Span<byte> end = stackalloc byte[LongestEnd];
        end[0] = (byte)'{';
        body[at..].CopyTo(end[1..]);
        var reader = new FrameReader();
        if (!reader.TryRead(end[..(body.Length - at + 1)]))
            return false;
        Usage = Usage.UpdatedBy(reader.Usage);
        return true;
    }

    private FrameKind Read(ReadOnlySpan<byte> data, bool isErrorEvent)
    {
        var reader = new FrameReader();
        var readable = reader.TryRead(data);
        if (readable)
            Usage = Usage.UpdatedBy(reader.Usage);
        if (isErrorEvent || reader.HasError)
        {
            ReadError(data, isErrorEvent);
            return FrameKind.Error;
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
        Error = WireJson.TryParse(data, out var root, out _) ? ErrorDecoder.DecodeInBand(root, isErrorEvent) : null;
        Error ??= AnswerErrors.UnreadableEvent(isErrorEvent: true);
    }

    /// <summary>Whether the quoted name stands anywhere with a value that is not null.</summary>
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
    private struct FrameReader
    {
        public TokenUsage Usage { get; private set; }

        /// <summary>Whether <c>choices</c> has a member.</summary>
        public bool HasChoices { get; private set; }

        public bool HasContent { get; private set; }

        public bool HasError { get; private set; }

        public bool TryRead(ReadOnlySpan<byte> json)
        {
            try
            {
                var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 1000 });
                if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                    return false;
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                    TakeMember(ref reader);
                // Throws when something other than white space follows the object.
                return !reader.Read();
            }
            catch (Exception exception) when (exception is JsonException or InvalidOperationException)
            {
                return false;
            }
        }

        private void TakeMember(ref Utf8JsonReader reader)
        {
            if (reader.ValueTextEquals("choices"u8))
            {
                reader.Read();
                TakeChoices(ref reader);
            }
            else if (reader.ValueTextEquals("usage"u8))
            {
                reader.Read();
                Usage = Usage.UpdatedBy(UsageReader.Read(ref reader));
            }
            else if (reader.ValueTextEquals("x_groq"u8))
            {
                reader.Read();
                TakeGroq(ref reader);
            }
            else if (reader.ValueTextEquals("error"u8))
            {
                reader.Read();
                HasError |= reader.TokenType is JsonTokenType.StartObject or JsonTokenType.String;
                reader.Skip();
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        private void TakeGroq(ref Utf8JsonReader reader)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                return;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isUsage = reader.ValueTextEquals("usage"u8);
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
                else
                {
                    var counts = reader.ValueTextEquals("finish_reason"u8) || reader.ValueTextEquals("text"u8)
                        || reader.ValueTextEquals("message"u8);
                    reader.Read();
                    HasContent |= counts && HoldsSomething(ref reader);
                    reader.Skip();
                }
            }
        }

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
                HasContent |= !isRole && HoldsSomething(ref reader);
                reader.Skip();
            }
        }

        /// <summary>
        /// Whether the value is more than null, an empty string or an empty list; leaves the reader where it can skip the value.
        /// </summary>
        private static bool HoldsSomething(ref Utf8JsonReader reader)
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.Null:
                    return false;
                case JsonTokenType.String:
                    return reader.ValueSpan.Length > 0;
                case JsonTokenType.StartArray or JsonTokenType.StartObject:
                    var ahead = reader;
                    ahead.Read();
                    return ahead.TokenType is not (JsonTokenType.EndArray or JsonTokenType.EndObject);
                default:
                    return true;
            }
        }
    }
}
