using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;
using Switchyard.Dialects.Shared.Fields;

namespace Switchyard.Dialects.OpenAIChat;

/// <summary>Writes a whole chat or legacy completion answer.</summary>
internal static class AnswerEncoder
{
    public static void Encode(ChatResponse response, AnswerContext context, IBufferWriter<byte> output)
    {
        using var writer = new Utf8JsonWriter(output, WireJson.WriterOptions);
        var completion = context.Operation == CallOperation.Completion;
        var losses = new AnswerLosses(context, DialectId.OpenAIChat);
        writer.WriteStartObject();
        writer.WriteString("id"u8, response.ResponseId is { Length: > 0 } id ? id : context.AnswerId);
        writer.WriteString("object"u8, completion ? "text_completion"u8 : "chat.completion"u8);
        writer.WriteNumber("created"u8, (response.CreatedAt ?? context.Created).ToUnixTimeSeconds());
        writer.WriteString("model"u8, response.ModelId is { Length: > 0 } model ? model : context.Model);
        writer.WriteStartArray("choices"u8);
        foreach (var (index, message) in Choices(response.Messages))
            WriteChoice(writer, response, index, message, context, losses);
        writer.WriteEndArray();
        losses.Members(response.AdditionalProperties, isCited: false);

        var raw = Kept(response.AdditionalProperties, CanonicalKeys.RawUsage);
        var usage = TokenUsage.From(response.Usage);
        if (!usage.IsEmpty || raw is not null)
        {
            writer.WritePropertyName("usage"u8);
            UsageWriter.Write(writer, usage, raw);
        }

        WriteOthers(writer, response.AdditionalProperties, prefix: null);
        writer.WriteEndObject();
    }

    /// <summary>
    /// One message per choice. An answer of another format may spread one choice over several messages, tool results among them; they are
    /// joined, because a choice holds one.
    /// </summary>
    private static IEnumerable<(int Index, ChatMessage Message)> Choices(IList<ChatMessage> messages)
    {
        if (messages is [var only])
            return [(AnswerLosses.ChoiceOf(only.AdditionalProperties), only)];
        var choices = new SortedDictionary<int, ChatMessage>();
        foreach (var message in messages)
        {
            var index = AnswerLosses.ChoiceOf(message.AdditionalProperties);
            if (!choices.TryGetValue(index, out var earlier))
            {
                choices[index] = message;
                continue;
            }

            var joined = earlier.Clone();
            joined.Contents = [.. earlier.Contents, .. message.Contents];
            choices[index] = joined;
        }

        return choices.Select(choice => (choice.Key, choice.Value));
    }

    /// <summary>Whether a choice has a place for the content.</summary>
    /// <param name="content">The content.</param>
    /// <param name="isCompletion">Whether it is a legacy completion, which holds text alone.</param>
    /// <param name="hasAudio">Whether the choice has a recording already: it can hold one.</param>
    public static bool Holds(AIContent content, bool isCompletion, bool hasAudio) => isCompletion
        ? content is TextContent && !ContentEncoder.IsRefusal(content)
        : content is TextContent or TextReasoningContent or FunctionCallContent or ToolCallFragment
            || AnswerMedia.IsImage(content) || (AnswerMedia.IsAudio(content) && !hasAudio);

    /// <summary>The contents that are written; the others are reported.</summary>
    private static List<AIContent> Held(int index, ChatMessage message, bool isCompletion, bool isLegacy, AnswerLosses losses)
    {
        var held = new List<AIContent>(message.Contents.Count);
        var kept = message.AdditionalProperties;
        Func<AIContent, CitationAnnotation, bool>? holdsCitation = isCompletion ? null
            : kept?.ContainsKey("annotations") == true ? static (_, _) => true
            : static (_, citation) => AnnotationCodec.CanWrite(citation);
        // Kept beside the list, which a provider may make long: it is not searched for each content.
        var hasAudio = false;
        foreach (var content in message.Contents)
        {
            var holds = Holds(content, isCompletion, hasAudio)
                || (!isCompletion && MessageParts.IsRawToolCall(content));
            // A message holds one call of the old kind.
            if (isLegacy && content is FunctionCallContent)
                holds &= !held.Exists(static earlier => earlier is FunctionCallContent);
            if (losses.Take(content, holds, holdsCitation, index) is not { } written)
                continue;
            held.Add(isLegacy && written is FunctionCallContent call ? LegacyFunctions.Marked(call) : written);
            hasAudio |= AnswerMedia.IsAudio(written);
        }

        losses.Members(kept, held.Exists(AnswerLosses.IsCited));
        return held;
    }

    private static void WriteChoice(
        Utf8JsonWriter writer, ChatResponse response, int index, ChatMessage message, AnswerContext context, AnswerLosses losses)
    {
        var completion = context.Operation == CallOperation.Completion;
        var isLegacy = LegacyFunctions.AreAskedFor(context);
        var parts = new MessageParts(Held(index, message, completion, isLegacy, losses));
        writer.WriteStartObject();
        writer.WriteNumber("index"u8, index);
        if (completion)
            writer.WriteString("text"u8, TextOf(parts) ?? "");
        else
            WriteMessage(writer, message, parts, context);
        if (Kept(message.AdditionalProperties, CanonicalKeys.LogProbs) is { } logProbs)
        {
            writer.WritePropertyName("logprobs"u8);
            logProbs.WriteTo(writer);
        }
        else
        {
            writer.WriteNull("logprobs"u8);
        }

        var finish = message.AdditionalProperties?.TryGetValue(CanonicalKeys.FinishReason, out var own) == true
            && own is ChatFinishReason reason
            ? reason
            : response.FinishReason;
        writer.WriteString("finish_reason"u8, LegacyFunctions.FinishOf(FinishReasons.Write(finish, parts.Calls.Count > 0), isLegacy));
        WriteOthers(writer, message.AdditionalProperties, CanonicalKeys.ChoicePrefix);
        writer.WriteEndObject();
    }

    private static void WriteMessage(Utf8JsonWriter writer, ChatMessage message, MessageParts parts, AnswerContext context)
    {
        writer.WriteStartObject("message"u8);
        writer.WriteString("role"u8, "assistant"u8);
        var text = TextOf(parts);
        var refusal = RefusalOf(parts);
        if (text is not null)
        {
            writer.WriteString("content"u8, text);
        }
        else if (parts.Calls.Count > 0 || refusal is not null || AnswerMedia.KeepsAudio(message)
            || parts.Body.Exists(AnswerMedia.IsAudio))
        {
            writer.WriteNull("content"u8);
        }
        else
        {
            writer.WriteString("content"u8, ""u8);
        }

        if (refusal is null)
            writer.WriteNull("refusal"u8);
        else
            writer.WriteString("refusal"u8, refusal);
        var reasoning = string.Concat(parts.Reasoning.Select(content => content.Text));
        if (reasoning.Length > 0)
            writer.WriteString("reasoning_content"u8, reasoning);
        ToolCallEncoder.WriteAll(writer, parts.Calls);
        if (message.AdditionalProperties?.ContainsKey("annotations") != true)
            AnnotationCodec.Write(writer, message.Contents);
        AnswerMedia.Write(writer, parts.Body, context);
        WriteOthers(writer, message.AdditionalProperties, prefix: null);
        writer.WriteEndObject();
    }

    private static string? TextOf(MessageParts parts) => Join(parts.Body, static text => !ContentEncoder.IsRefusal(text));

    private static string? RefusalOf(MessageParts parts) => Join(parts.Body, static text => ContentEncoder.IsRefusal(text));

    /// <summary>The texts in one; null if there is none. Most answers have one text, which is not copied.</summary>
    private static string? Join(List<AIContent> contents, Func<TextContent, bool> isPart)
    {
        string? first = null;
        StringBuilder? joined = null;
        foreach (var content in contents)
        {
            if (content is not TextContent text || !isPart(text))
                continue;
            if (first is null)
                first = text.Text;
            else
                (joined ??= new(first)).Append(text.Text);
        }

        return joined?.ToString() ?? first;
    }

    private static JsonElement? Kept(AdditionalPropertiesDictionary? kept, string name) =>
        kept.Element(name);

    /// <summary>Writes the members kept under a prefix (<c>choice:</c>, <c>delta:</c>), or those without one.</summary>
    public static void WriteOthers(Utf8JsonWriter writer, AdditionalPropertiesDictionary? kept, string? prefix)
    {
        if (kept is null)
            return;
        foreach (var (name, value) in kept)
        {
            if (value is not JsonElement element || name is CanonicalKeys.RawUsage or CanonicalKeys.LogProbs)
                continue;
            var isOurs = prefix is null ? !name.Contains(':', StringComparison.Ordinal) : name.StartsWith(prefix, StringComparison.Ordinal);
            if (!isOurs)
                continue;
            writer.WritePropertyName(prefix is null ? name : name[prefix.Length..]);
            element.WriteTo(writer);
        }
    }
}
