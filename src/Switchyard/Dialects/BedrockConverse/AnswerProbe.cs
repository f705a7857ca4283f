using Switchyard.Calls;

namespace Switchyard.Dialects.BedrockConverse;

/// <summary>Reads usage beside an answer. No client speaks this format, so nothing is forwarded in it yet; whoever adds that side has its probe.</summary>
internal sealed class AnswerProbe : IAnswerProbe
{
    public TokenUsage Usage { get; private set; }

    public bool SawEnd { get; private set; }

    public CallError? Error { get; private set; }

    public FrameKind Observe(StreamFrame frame)
    {
        if (frame.IsException)
        {
            Error = ErrorDecoder.DecodeException(frame.EventName, frame.Data);
            return FrameKind.Error;
        }

        if (frame.EventName.SequenceEqual("metadata"u8))
        {
            if (WireJson.TryParse(frame.Data, out var root, out _))
                Usage = Usage.UpdatedBy(UsageReader.Read(root.Member("usage")));
            return FrameKind.UsageOnly;
        }

        var isEnd = frame.EventName.SequenceEqual("messageStop"u8);
        SawEnd |= isEnd;
        return isEnd || frame.EventName.SequenceEqual("contentBlockDelta"u8) || frame.EventName.SequenceEqual("contentBlockStart"u8)
            ? FrameKind.Content
            : FrameKind.Other;
    }

    public bool ObserveBody(ReadOnlySpan<byte> body)
    {
        if (!WireJson.TryParse(body, out var root, out _) || root.ValueKind != System.Text.Json.JsonValueKind.Object)
            return false;
        Usage = UsageReader.Read(root.Member("usage"));
        SawEnd = true;
        return true;
    }
}
