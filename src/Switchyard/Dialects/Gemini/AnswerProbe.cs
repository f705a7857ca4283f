using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Framing;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;

namespace Switchyard.Dialects.Gemini;

/// <summary>Scans a forwarded answer. Every chunk reports usage, so every chunk is read, in one pass and without an object model.</summary>
/// <param name="judges">True if an empty answer is to be recognised, as for a chat; a list of vectors never has words.</param>
internal sealed class AnswerProbe(bool judges) : IAnswerProbe
{
    private bool _contentSeen;
    private string? _serviceTier;
    private string? _finish;

    public TokenUsage Usage { get; private set; }

    public CallError? Error { get; private set; }

    public bool SawEnd { get; private set; }

    public bool IsEmpty => judges && !_contentSeen;

    string? IAnswerProbe.EmptyReason => _finish;

    string? IAnswerProbe.ServiceTier => _serviceTier;

    ReadOnlySpan<byte> IAnswerProbe.UsageMember => "\"usageMetadata\""u8;

    public FrameKind Observe(StreamFrame frame)
    {
        var data = frame.Data.Trim(" \t\r\n"u8);
        if (data.IsEmpty)
            return FrameKind.Other;
        var reader = new ChunkReader();
        if (!AnswerScan.TryRead(data, ref reader))
        {
            if (!_contentSeen)
            {
                // No content has reached the client yet, so an error here still allows a fallback.
                Error = WireJson.TryParse(data, out var root, out _) ? ErrorDecoder.DecodeInBand(root) : null;
                Error ??= AnswerErrors.UnreadableEvent();
                return FrameKind.Error;
            }

            return FrameKind.Content;
        }

        Usage = Usage.UpdatedBy(reader.Usage);
        _serviceTier = reader.ServiceTier ?? _serviceTier;
        _finish = reader.Finish ?? _finish;
        SawEnd |= reader.HasEnd;
        if (reader.HasError)
        {
            ReadError(data);
            return FrameKind.Error;
        }

        if (!reader.HasContent && !reader.IsReasonForNothing)
            return !reader.HasCandidates && !reader.Usage.IsEmpty ? FrameKind.UsageOnly : FrameKind.Other;
        _contentSeen = true;
        return FrameKind.Content;
    }

    public bool ObserveBody(ReadOnlySpan<byte> body)
    {
        var reader = new ChunkReader();
        if (!AnswerScan.TryRead(body, ref reader))
            return false;
        Usage = Usage.UpdatedBy(reader.Usage);
        _serviceTier = reader.ServiceTier ?? _serviceTier;
        _finish = reader.Finish ?? _finish;
        SawEnd |= reader.HasEnd;
        _contentSeen = reader.HasContent || reader.IsReasonForNothing;
        if (reader.HasError)
            ReadError(body);
        return true;
    }

    /// <summary>Errors are rare, so this path may build a document.</summary>
    private void ReadError(ReadOnlySpan<byte> data)
    {
        Error = WireJson.TryParse(data, out var root, out _) ? ErrorDecoder.DecodeInBand(root) : null;
        Error ??= AnswerErrors.UnreadableEvent(isErrorEvent: true);
    }

    /// <summary>One pass over a chunk or an answer.</summary>
    private struct ChunkReader : IAnswerParts
    {
        public TokenUsage Usage { get; private set; }

        public string? ServiceTier { get; private set; }

        /// <summary>The finish reason, if it is another than the usual one.</summary>
        public string? Finish { get; private set; }

        public bool HasCandidates { get; private set; }

        public bool HasContent { get; private set; }

        /// <summary>Whether it holds a finish reason, or the reason a prompt was blocked.</summary>
        public bool HasEnd { get; private set; }

        /// <summary>Whether it ends for another reason than a normal stop: it may then have no words.</summary>
        public bool IsReasonForNothing { get; private set; }

        public bool HasError { get; private set; }

        public void Take(ref Utf8JsonReader reader)
        {
            if (reader.ValueTextEquals("candidates"u8))
            {
                reader.Read();
                TakeCandidates(ref reader);
            }
            else if (reader.ValueTextEquals("usageMetadata"u8) || reader.ValueTextEquals("usage_metadata"u8))
            {
                reader.Read();
                Usage = Usage.UpdatedBy(UsageReader.Read(ref reader, out var tier));
                ServiceTier = tier;
            }
            else if (reader.ValueTextEquals("error"u8))
            {
                reader.Read();
                HasError |= reader.TokenType is JsonTokenType.StartObject or JsonTokenType.String;
                reader.Skip();
            }
            else
            {
                var isFeedback = reader.ValueTextEquals("promptFeedback"u8) || reader.ValueTextEquals("prompt_feedback"u8);
                reader.Read();
                if (isFeedback)
                    TakeFeedback(ref reader);
                else
                    reader.Skip();
            }
        }

        private void TakeFeedback(ref Utf8JsonReader reader)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                return;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isReason = reader.ValueTextEquals("blockReason"u8) || reader.ValueTextEquals("block_reason"u8);
                reader.Read();
                HasEnd |= isReason && reader.TokenType is JsonTokenType.String or JsonTokenType.Number;
                IsReasonForNothing |= HasEnd;
                reader.Skip();
            }
        }

        private void TakeCandidates(ref Utf8JsonReader reader)
        {
            if (reader.TokenType != JsonTokenType.StartArray)
            {
                reader.Skip();
                return;
            }

            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                HasCandidates = true;
                if (reader.TokenType != JsonTokenType.StartObject)
                {
                    reader.Skip();
                    continue;
                }

                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                {
                    var isContent = reader.ValueTextEquals("content"u8);
                    var isFinish = reader.ValueTextEquals("finishReason"u8) || reader.ValueTextEquals("finish_reason"u8);
                    var isGrounding = reader.ValueTextEquals("groundingMetadata"u8) || reader.ValueTextEquals("grounding_metadata"u8);
                    reader.Read();
                    if (isContent)
                        TakeContent(ref reader);
                    else if (isGrounding)
                        TakeGrounding(ref reader);
                    else
                    {
                        HasEnd |= isFinish && reader.TokenType is JsonTokenType.String or JsonTokenType.Number;
                        IsReasonForNothing |= isFinish && !IsStop(ref reader);
                        reader.Skip();
                    }
                }
            }
        }

        private void TakeGrounding(ref Utf8JsonReader reader)
        {
            if (UsageReader.Searches(ref reader) is > 0 and var searches)
                Usage = Usage with { WebSearches = (Usage.WebSearches ?? 0) + searches };
        }

        private void TakeContent(ref Utf8JsonReader reader)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                return;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isParts = reader.ValueTextEquals("parts"u8);
                reader.Read();
                if (isParts && reader.TokenType == JsonTokenType.StartArray)
                    TakeParts(ref reader);
                else
                    reader.Skip();
            }
        }

        private void TakeParts(ref Utf8JsonReader reader)
        {
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                if (reader.TokenType != JsonTokenType.StartObject)
                {
                    reader.Skip();
                    continue;
                }

                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                {
                    reader.Read();
                    HasContent |= ValueContent.IsPresent(ref reader);
                    reader.Skip();
                }
            }
        }

        /// <summary>Whether the model stopped normally. An unknown word counts as a stop, and so does 0, which means no reason.</summary>
        private bool IsStop(ref Utf8JsonReader reader)
        {
            if (reader.TokenType == JsonTokenType.Number)
                return !reader.TryGetInt32(out var number) || number is 0 or 1;
            if (reader.TokenType != JsonTokenType.String || reader.ValueTextEquals("STOP"u8))
                return true;
            Finish = FinishReasons.Specified(reader.GetString()!);
            return FinishReasons.Read(Finish, hasCalls: false) == ChatFinishReason.Stop;
        }
    }
}
