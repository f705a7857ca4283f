using System.Buffers;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;
using Switchyard.Dialects.Shared.Fields;

namespace Switchyard.Dialects.AnthropicMessages;

/// <summary>Writes a whole answer, or a token count.</summary>
internal static class AnswerEncoder
{
    /// <summary>
    /// The most white space that is left out, if no text is beside it. Runaway models write nothing else: the client sees that.
    /// </summary>
    public const int LongestBlank = 1_024;

    public static void Encode(ChatResponse response, AnswerContext context, IBufferWriter<byte> output)
    {
        using var writer = new Utf8JsonWriter(output, WireJson.WriterOptions);
        var losses = new AnswerLosses(context, AnthropicKeys.Dialect);
        var contents = losses.TakeOneChoice(response, Holds, HoldsCitation, holdsLogProbs: false);
        writer.WriteStartObject();
        writer.WriteString("id"u8, IdOf(response.ResponseId, context));
        writer.WriteString("type"u8, "message"u8);
        writer.WriteString("role"u8, "assistant"u8);
        writer.WriteString("model"u8, response.ModelId is { Length: > 0 } model ? model : context.Model);
        writer.WriteStartArray("content"u8);
        WriteBlocks(writer, contents);
        writer.WriteEndArray();
        var kept = response.Messages.LastOrDefault(IsFirstChoice)?.AdditionalProperties;
        WriteEnd(writer, response.FinishReason, contents.Exists(content => content is FunctionCallContent), kept);
        WriteOwn(writer, response.AdditionalProperties, response.Messages.FirstOrDefault()?.AdditionalProperties);
        writer.WritePropertyName("usage"u8);
        UsageWriter.Write(
            writer, TokenUsage.From(response.Usage),
            KeptFields.Find(response.AdditionalProperties, AnthropicKeys.Dialect, AnthropicKeys.Usage));
        writer.WriteEndObject();
    }

    /// <summary>Whether a block exists for the content.</summary>
    public static bool Holds(AIContent content) =>
        content is TextContent or TextReasoningContent or FunctionCallContent or ToolCallFragment or UsageContent
        || AnthropicKeys.RawOf(content) is not null;

    /// <summary>Whether the content keeps its citations in this format's own shape; citations of other formats cannot be written.</summary>
    public static bool HoldsCitation(AIContent content, CitationAnnotation citation) =>
        content.AdditionalProperties is { Count: > 0 } kept
        && (kept.ContainsKey(AnthropicKeys.OwnCitation) || kept.ContainsKey(AnthropicKeys.OwnCitations)
            || AnthropicKeys.RawOf(content) is not null);

    public static void EncodeCount(CanonicalTokenCount count, IBufferWriter<byte> output)
    {
        using var writer = new Utf8JsonWriter(output, WireJson.WriterOptions);
        writer.WriteStartObject();
        writer.WriteNumber("input_tokens"u8, count.InputTokens);
        writer.WriteEndObject();
    }

    /// <summary>The answer's id: the provider's if it has this format's prefix, else one made from it or from the call's own id.</summary>
    public static string IdOf(string? id, AnswerContext context)
    {
        id = id is { Length: > 0 } ? id : context.AnswerId;
        return id.StartsWith("msg_", StringComparison.Ordinal) ? id : "msg_" + string.Concat(id.Where(c => char.IsAsciiLetterOrDigit(c)));
    }

    /// <summary>Writes <c>stop_reason</c> and <c>stop_sequence</c>.</summary>
    public static void WriteEnd(Utf8JsonWriter writer, ChatFinishReason? reason, bool hasCalls, AdditionalPropertiesDictionary? kept)
    {
        var sequence = kept.Text(CanonicalKeys.StopSequence);
        var native = kept.Element(CanonicalKeys.ChoicePrefix + "native_finish_reason") is { ValueKind: JsonValueKind.String } word
            ? word.GetString()
            : null;
        writer.WriteString("stop_reason"u8, FinishReasons.Write(reason, hasCalls, sequence, native));
        if (sequence is null)
            writer.WriteNull("stop_sequence"u8);
        else
            writer.WriteString("stop_sequence"u8, sequence);
    }

    /// <summary>Writes this format's own members, each once.</summary>
    public static void WriteOwn(Utf8JsonWriter writer, params ReadOnlySpan<AdditionalPropertiesDictionary?> kept)
    {
        foreach (var members in kept)
        {
            foreach (var (name, value) in members ?? [])
            {
                if (value is not JsonElement element || name == AnthropicKeys.OwnUsage
                    || !name.StartsWith(AnthropicKeys.OwnPrefix, StringComparison.OrdinalIgnoreCase))
                {
                    continue;
                }

                writer.WritePropertyName(name[AnthropicKeys.OwnPrefix.Length..]);
                element.WriteTo(writer);
            }
        }
    }

    /// <summary>Writes content that is a block by itself: redacted thinking, a tool call, a block kept whole.</summary>
    /// <returns>False for any other content.</returns>
    public static bool TryWriteWhole(Utf8JsonWriter writer, AIContent content)
    {
        switch (content)
        {
            case not null when AnthropicKeys.RawOf(content) is { } raw:
                RawJson.Write(writer, raw);
                return true;
            case TextReasoningContent reasoning when AnthropicKeys.IsOurs(reasoning) && AnthropicKeys.IsRedacted(reasoning):
                writer.WriteStartObject();
                writer.WriteString("type"u8, "redacted_thinking"u8);
                writer.WriteString("data"u8, reasoning.ProtectedData);
                writer.WriteEndObject();
                return true;
            default:
                return false;
        }
    }

    private static bool IsFirstChoice(ChatMessage message) => AnswerLosses.ChoiceOf(message.AdditionalProperties) == 0;

    private static void WriteBlocks(Utf8JsonWriter writer, List<AIContent> contents)
    {
        // A block of white space alone would be refused when the client sends it back: it goes with the text before or after it.
        var blank = "";
        for (var i = 0; i < contents.Count; i++)
        {
            if (IsBlank(contents[i]))
            {
                blank += ((TextContent)contents[i]).Text;
                continue;
            }

            var before = blank;
            blank = "";
            if (contents[i] is not TextContent || AnthropicKeys.RawOf(contents[i]) is not null)
                WriteRunaway(writer, before);
            if (TryWriteWhole(writer, contents[i]))
                continue;
            switch (contents[i])
            {
                case TextReasoningContent:
                    i = WriteThinking(writer, contents, i);
                    break;
                case TextContent text:
                    var after = contents.Skip(i + 1).TakeWhile(IsBlank).Cast<TextContent>().ToList();
                    WriteText(writer, text, before + text.Text + string.Concat(after.Select(static more => more.Text)));
                    i += after.Count;
                    break;
                case FunctionCallContent call:
                    WriteCall(writer, call);
                    break;
            }
        }

        WriteRunaway(writer, blank);
    }

    private static void WriteRunaway(Utf8JsonWriter writer, string blank)
    {
        if (blank.Length > LongestBlank)
            WriteText(writer, new TextContent(blank), blank);
    }

    /// <summary>Writes consecutive pieces of reasoning as one block, up to the one with the signature.</summary>
    /// <returns>The position of the last piece written.</returns>
    private static int WriteThinking(Utf8JsonWriter writer, List<AIContent> contents, int from)
    {
        var text = new System.Text.StringBuilder();
        string? signature = null;
        var at = from;
        for (; at < contents.Count && contents[at] is TextReasoningContent reasoning
            && AnthropicKeys.RawOf(reasoning) is null && !AnthropicKeys.IsRedacted(reasoning); at++)
        {
            text.Append(reasoning.Text);
            if (!AnthropicKeys.IsOurs(reasoning))
                continue;
            signature = reasoning.ProtectedData;
            at++;
            break;
        }

        if (text.Length > 0 || signature is not null)
        {
            writer.WriteStartObject();
            writer.WriteString("type"u8, "thinking"u8);
            writer.WriteString("thinking"u8, text.ToString());
            // Clients expect the member; an empty text is not a signature.
            writer.WriteString("signature"u8, signature ?? "");
            writer.WriteEndObject();
        }

        return Math.Max(from, at - 1);
    }

    private static bool IsBlank(AIContent content) =>
        content is TextContent text && string.IsNullOrWhiteSpace(text.Text) && AnthropicKeys.RawOf(text) is null;

    private static void WriteText(Utf8JsonWriter writer, TextContent text, string words)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, "text"u8);
        writer.WriteString("text"u8, words);
        WriteOwn(writer, text.AdditionalProperties);
        writer.WriteEndObject();
    }

    private static void WriteCall(Utf8JsonWriter writer, FunctionCallContent call)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, "tool_use"u8);
        writer.WriteString("id"u8, AnthropicKeys.CallIds.Fit(call.CallId));
        writer.WriteString("name"u8, call.Name);
        writer.WritePropertyName("input"u8);
        ToolInput.Write(writer, call);
        WriteOwn(writer, call.AdditionalProperties);
        writer.WriteEndObject();
    }
}
