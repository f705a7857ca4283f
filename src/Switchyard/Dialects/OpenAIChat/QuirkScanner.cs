using System.Buffers;
using System.Text.Json;
using Switchyard.Dialects.Json;
using Switchyard.Targets;

namespace Switchyard.Dialects.OpenAIChat;

/// <summary>
/// Scans a body for values, and members inside messages, that the target refuses and only translation can change. For a target without such
/// quirks the body is not scanned.
/// </summary>
internal static class QuirkScanner
{
    private const string NameOfMessages = "messages[].name";

    private static readonly SearchValues<byte> LettersAndDigits =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"u8);

    public static bool MustTranslate(ReadOnlySpan<byte> body, ProviderQuirks quirks)
    {
        var inMessages = quirks.ToolCallIdLength is not null || !quirks.DeveloperRole || quirks.MessageFields.Count > 0
            || quirks.BareInputAudio || quirks.AssistantAfterTool || quirks.PlainTextContent
            || quirks.EchoedReasoning || quirks.UnsupportedParams.Contains(NameOfMessages);
        var choice = quirks.RequiredToolChoice != ProviderQuirks.None.RequiredToolChoice || quirks.ForcedToolStopsReasoning;
        if (!inMessages && !choice && quirks.ReasoningEfforts.Count == 0)
            return false;
        var reader = new Utf8JsonReader(body);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isMessages = inMessages && reader.Is("messages"u8);
            var isChoice = choice && reader.Is("tool_choice"u8);
            var isEffort = quirks.ReasoningEfforts.Count > 0 && reader.Is("reasoning_effort"u8);
            reader.Read();
            if (isMessages && reader.TokenType == JsonTokenType.StartArray)
            {
                var seen = default(Seen);
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    if (reader.TokenType != JsonTokenType.StartObject)
                        reader.Skip();
                    else if (MessageNeedsTranslation(ref reader, quirks, ref seen))
                        return true;
                }

                if (quirks.EchoedReasoning && seen is { HasCalls: true, LacksReasoning: true })
                    return true;
            }
            else if (isChoice && quirks.ForcedToolStopsReasoning && reader.TokenType == JsonTokenType.StartObject)
            {
                return true;
            }
            else if (reader.TokenType == JsonTokenType.String
                && ((isChoice && reader.Is("required"u8)) || (isEffort && !IsOneOf(ref reader, quirks.ReasoningEfforts))))
            {
                return true;
            }

            reader.Skip();
        }

        return false;
    }

    /// <summary>Whether a message holds something the target refuses. Reads to its end, or up to that.</summary>
    private static bool MessageNeedsTranslation(ref Utf8JsonReader reader, ProviderQuirks quirks, ref Seen seen)
    {
        var (isTool, isAnswer, hasName, hasReasoning) = (false, false, false, false);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (quirks.MessageFields.Count > 0 && !IsOneOf(ref reader, quirks.MessageFields))
                return true;
            var name = reader.ValueSpan;
            var isReasoning = quirks.EchoedReasoning && quirks.ReasoningField is { } field
                && !reader.ValueIsEscaped && reader.ValueTextEquals(field);
            reader.Read();
            hasReasoning |= isReasoning && reader.TokenType == JsonTokenType.String && !reader.ValueSpan.IsEmpty;
            seen.HasCalls |= reader.TokenType == JsonTokenType.StartArray && name.SequenceEqual("tool_calls"u8);
            if (name.SequenceEqual("role"u8) && reader.TokenType == JsonTokenType.String)
            {
                if ((!quirks.DeveloperRole && reader.Is("developer"u8))
                    || (quirks.MessageFields.Count > 0 && reader.Is("function"u8)))
                {
                    return true;
                }

                if (quirks.AssistantAfterTool && seen.IsAfterTool && (reader.Is("user"u8) || reader.Is("system"u8)))
                    return true;
                isTool = seen.IsAfterTool = reader.Is("tool"u8);
                isAnswer = reader.Is("assistant"u8);
            }
            else if (name.SequenceEqual("name"u8))
            {
                hasName = reader.TokenType != JsonTokenType.Null;
            }
            else if (name.SequenceEqual("tool_call_id"u8) && !Fits(ref reader, quirks))
            {
                return true;
            }
            else if (reader.TokenType == JsonTokenType.StartArray
                && ((name.SequenceEqual("tool_calls"u8) && quirks.ToolCallIdLength is not null)
                    || (name.SequenceEqual("content"u8) && (quirks.BareInputAudio || quirks.PlainTextContent))))
            {
                if (ListNeedsTranslation(ref reader, quirks, mayBeText: quirks.PlainTextContent && name.SequenceEqual("content"u8)))
                    return true;
                continue;
            }

            reader.Skip();
        }

        seen.LacksReasoning |= isAnswer && !hasReasoning;
        return hasName && !isTool && quirks.UnsupportedParams.Contains(NameOfMessages);
    }

    /// <summary>
    /// Whether a list of tool calls or content parts holds an id the target refuses, or audio as an object. Reads to its end, or up to
    /// that.
    /// </summary>
    private static bool ListNeedsTranslation(ref Utf8JsonReader reader, ProviderQuirks quirks, bool mayBeText)
    {
        var isText = mayBeText;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                continue;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isId = reader.Is("id"u8);
                var isAudio = reader.Is("input_audio"u8);
                var isType = reader.Is("type"u8);
                reader.Read();
                isText &= !isType || (reader.TokenType == JsonTokenType.String && reader.Is("text"u8));
                if ((isId && !Fits(ref reader, quirks))
                    || (isAudio && quirks.BareInputAudio && reader.TokenType == JsonTokenType.StartObject))
                {
                    return true;
                }

                reader.Skip();
            }
        }

        return isText;
    }

    private static bool Fits(ref Utf8JsonReader reader, ProviderQuirks quirks) =>
        quirks.ToolCallIdLength is not { } length || reader.TokenType != JsonTokenType.String
        || (reader.ValueSpan.Length == length && !reader.ValueSpan.ContainsAnyExcept(LettersAndDigits));

    private static bool IsOneOf(ref Utf8JsonReader reader, IReadOnlyList<string> values)
    {
        for (var i = 0; i < values.Count; i++)
        {
            if (!reader.ValueIsEscaped && reader.ValueTextEquals(values[i]))
                return true;
        }

        return false;
    }

    /// <summary>What the messages read so far hold.</summary>
    private struct Seen
    {
        /// <summary>Whether the last message was a tool's.</summary>
        public bool IsAfterTool { get; set; }

        /// <summary>Whether a tool was called.</summary>
        public bool HasCalls { get; set; }

        /// <summary>Whether an assistant message lacks its reasoning.</summary>
        public bool LacksReasoning { get; set; }
    }
}
