using System.Text.Json;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Framing;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;

namespace Switchyard.Dialects.OpenAIResponses;

/// <summary>
/// Scans a forwarded answer. The name of an event tells its kind, so an ordinary one is not read at all; only events before the first
/// content, and the one that ends the stream, are.
/// </summary>
internal sealed class AnswerProbe : IAnswerProbe
{
    private bool _contentSeen;

    public TokenUsage Usage { get; private set; }

    public CallError? Error { get; private set; }

    public bool SawEnd { get; private set; }

    public FrameKind Observe(StreamFrame frame)
    {
        var data = frame.Data.Trim(" \t\r\n"u8);
        if (data.IsEmpty)
            return FrameKind.Other;
        if (data.SequenceEqual("[DONE]"u8))
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

    public bool ObserveBody(ReadOnlySpan<byte> body)
    {
        var reader = default(BodyReader);
        var readable = AnswerScan.TryRead(body, ref reader);
        Usage = Usage.UpdatedBy(reader.Usage);
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
        if (response.Member("usage") is { ValueKind: JsonValueKind.Object } usage)
            Usage = Usage.UpdatedBy(UsageReader.Read(usage));
        switch (type)
        {
            case "response.completed" or "response.incomplete" or "response.done" when ErrorDecoder.OfResponse(response) is null:
                SawEnd = true;
                return FrameKind.Terminator;
            case "response.completed" or "response.incomplete" or "response.done" or "response.failed" or "response.cancelled":
                Error = ErrorDecoder.OfResponse(response) ?? ErrorDecoder.OfEvent(root);
                return FrameKind.Error;
            case "error":
            case null when root.Member("error") is not null:
                Error = ErrorDecoder.OfEvent(root);
                return FrameKind.Error;
            default:
                return type is not null && IsContent(type) ? FrameKind.Content : FrameKind.Other;
        }
    }

    /// <summary>Whether an event of this name carries some of the answer: a piece of it, or the end of one.</summary>
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

        public bool HasError { get; private set; }

        public void Take(ref Utf8JsonReader reader)
        {
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
    }
}
