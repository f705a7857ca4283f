using System.Buffers;
using System.Text.Json;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Tools;
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
            || quirks.BareInputAudio || quirks.AssistantAfterTool || quirks.PlainTextContent || !quirks.EmptyAnswers
            || quirks.EchoedReasoning || quirks.PrefillField is not null || quirks.UnsupportedParams.Contains(NameOfMessages)
            || (quirks.StrictMessages && MayBreakStrictness(body));
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
                if ((quirks.AssistantAfterTool && seen.IsAfterSystem) || seen.LacksPrefillMark)
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

    /// <summary>Whether the messages are worth reading: most conversations have neither tool calls nor parts of thinking.</summary>
    private static bool MayBreakStrictness(ReadOnlySpan<byte> body) =>
        body.IndexOf("\"tool_call"u8) >= 0 || body.IndexOf("\"thinking\""u8) >= 0;

    /// <summary>Whether a message holds something the target refuses. Reads to its end, or up to that.</summary>
    private static bool MessageNeedsTranslation(ref Utf8JsonReader reader, ProviderQuirks quirks, ref Seen seen)
    {
        var (isTool, isAnswer, hasName, hasReasoning, saysSomething) = (false, false, false, false, false);
        var mayLackMark = quirks.PrefillField is not null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (quirks.MessageFields.Count > 0 && !IsOneOf(ref reader, quirks.MessageFields))
                return true;
            var name = reader.ValueSpan;
            mayLackMark &= reader.ValueIsEscaped || !reader.ValueTextEquals(quirks.PrefillField);
            var isReasoning = quirks.EchoedReasoning && quirks.ReasoningField is { } field
                && !reader.ValueIsEscaped && reader.ValueTextEquals(field);
            reader.Read();
            hasReasoning |= isReasoning && reader.TokenType == JsonTokenType.String && !reader.ValueSpan.IsEmpty;
            seen.HasCalls |= reader.TokenType == JsonTokenType.StartArray && name.SequenceEqual("tool_calls"u8);
            saysSomething |= !quirks.EmptyAnswers && SaysSomething(name, reader);
            if (name.SequenceEqual("role"u8) && reader.TokenType == JsonTokenType.String)
            {
                if (RoleNeedsTranslation(ref reader, quirks, seen.IsAfterTool))
                    return true;
                isTool = seen.IsAfterTool = reader.Is("tool"u8);
                seen.IsAfterSystem = reader.Is("system"u8);
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
                && ((name.SequenceEqual("tool_calls"u8) && (quirks.ToolCallIdLength is not null || quirks.StrictMessages))
                    || (name.SequenceEqual("content"u8)
                        && (quirks.BareInputAudio || quirks.PlainTextContent || quirks.StrictMessages))))
            {
                if (ListNeedsTranslation(ref reader, quirks, isContent: name.SequenceEqual("content"u8)))
                    return true;
                continue;
            }

            reader.Skip();
        }

        seen.LacksReasoning |= isAnswer && !hasReasoning;
        seen.LacksPrefillMark = isAnswer && mayLackMark;
        if (isAnswer && !saysSomething && !quirks.EmptyAnswers)
            return true;
        return hasName && !isTool && quirks.UnsupportedParams.Contains(NameOfMessages);
    }

    /// <summary>Whether the target refuses a message of this role, or refuses it after the result of a tool.</summary>
    private static bool RoleNeedsTranslation(ref Utf8JsonReader reader, ProviderQuirks quirks, bool isAfterTool) =>
        (!quirks.DeveloperRole && reader.Is("developer"u8))
            || (reader.Is("function"u8) && quirks.MessageFields.Count > 0 && !quirks.MessageFields.Contains(LegacyFunctions.Choice))
            || (quirks.AssistantAfterTool && isAfterTool && (reader.Is("user"u8) || reader.Is("system"u8)));

    /// <summary>Whether a member of a message is what makes it more than an empty one: text, parts, calls, reasoning.</summary>
    private static bool SaysSomething(ReadOnlySpan<byte> name, Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.String => !reader.ValueSpan.IsEmpty && !name.SequenceEqual("role"u8) && !name.SequenceEqual("name"u8),
        JsonTokenType.StartArray => reader.Read() && reader.TokenType != JsonTokenType.EndArray,
        JsonTokenType.StartObject or JsonTokenType.True => true,
        _ => false,
    };

    /// <summary>
    /// Whether a list of tool calls or content parts holds what the target refuses: an id, audio as an object, a part of thinking, nothing
    /// at all. Reads to its end, or up to that.
    /// </summary>
    private static bool ListNeedsTranslation(ref Utf8JsonReader reader, ProviderQuirks quirks, bool isContent)
    {
        var isText = quirks.PlainTextContent && isContent;
        var isEmpty = true;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            isEmpty = false;
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
                if (isType && isContent && quirks.StrictMessages && reader.TokenType == JsonTokenType.String && reader.Is("thinking"u8))
                    return true;
                if ((isId && !Fits(ref reader, quirks))
                    || (isAudio && quirks.BareInputAudio && reader.TokenType == JsonTokenType.StartObject))
                {
                    return true;
                }

                reader.Skip();
            }
        }

        return isText || (isEmpty && !isContent && quirks.StrictMessages);
    }

    private static bool Fits(ref Utf8JsonReader reader, ProviderQuirks quirks)
    {
        if (reader.TokenType != JsonTokenType.String)
            return true;
        if (quirks.ToolCallIdLength is { } length)
            return reader.ValueSpan.Length == length && !reader.ValueSpan.ContainsAnyExcept(LettersAndDigits);
        return !quirks.StrictMessages || reader.ValueSpan.Length <= ToolCallIds.OpenAILength;
    }

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

        /// <summary>Whether the last message was the system's.</summary>
        public bool IsAfterSystem { get; set; }

        /// <summary>Whether the last message was the assistant's, without the mark of an answer's beginning.</summary>
        public bool LacksPrefillMark { get; set; }

        /// <summary>Whether a tool was called.</summary>
        public bool HasCalls { get; set; }

        /// <summary>Whether an assistant message lacks its reasoning.</summary>
        public bool LacksReasoning { get; set; }
    }
}
