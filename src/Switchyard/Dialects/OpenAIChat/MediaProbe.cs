using System.Text.Json;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Framing;
using Switchyard.Dialects.Shared;

namespace Switchyard.Dialects.OpenAIChat;

/// <summary>
/// Scans a forwarded answer of images or audio. Its streams are typed events without a terminator: the one whose type ends in
/// <c>.completed</c> or <c>.done</c> marks the answer as complete, and carries the usage. Some servers stream chat chunks instead.
/// </summary>
internal sealed class MediaProbe : IAnswerProbe
{
    private readonly AnswerProbe _answer = new();
    private bool _completed;

    public TokenUsage Usage => _answer.Usage;

    public CallError? Error => _answer.Error;

    public bool IsEmpty => false;

    public bool SawEnd => _completed || _answer.SawEnd;

    public FrameKind Observe(StreamFrame frame)
    {
        var kind = _answer.Observe(frame);
        if (kind is FrameKind.Terminator or FrameKind.Error or FrameKind.Failure || frame.Data.IsEmpty)
            return kind;
        _completed |= IsEnd(frame.EventName) || IsEnd(TypeOf(frame.Data));
        return FrameKind.Content;
    }

    public bool IsTerminator(ReadOnlySpan<byte> data) => DoneMarker.Is(data);

    public bool ObserveBody(ReadOnlySpan<byte> body) => _answer.ObserveBody(body);

    private static bool IsEnd(ReadOnlySpan<byte> type) => type.EndsWith(".completed"u8) || type.EndsWith(".done"u8);

    /// <summary>The event's <c>type</c>, usually the first member of its data.</summary>
    private static ReadOnlySpan<byte> TypeOf(ReadOnlySpan<byte> data)
    {
        try
        {
            var reader = new Utf8JsonReader(data, AnswerScan.ReaderOptions);
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isType = reader.ValueTextEquals("type"u8);
                reader.Read();
                if (isType)
                    return reader.TokenType == JsonTokenType.String ? reader.ValueSpan : default;
                reader.Skip();
            }
        }
        catch (JsonException)
        {
            // Not JSON: the frame is forwarded unchanged.
        }

        return default;
    }
}
