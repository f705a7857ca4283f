using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Dialects.Shared.Tools;
using Switchyard.Targets;

namespace Switchyard.Dialects.BedrockConverse;

/// <summary>Writes <c>system</c> and <c>messages</c>.</summary>
internal sealed class MessageEncoder(Utf8JsonWriter writer, EgressTarget target, CacheMarks marks, LossReport losses)
{
    private static readonly ToolCallIds s_ids = new(ToolCallIds.WordCharacters, maxLength: 64);
    private static readonly SearchValues<char> s_nameCharacters = ToolCallIds.WordCharacters;

    private readonly ContentEncoder _contents = new(writer, target, losses);

    /// <summary>
    /// Writes the system text and, after it, an instruction the encoder adds (<see cref="OptionEncoder.FormatInstruction"/>).
    /// </summary>
    public void WriteSystem(List<TurnContent> system, string? added)
    {
        foreach (var item in system.Where(static item => item.Content is not TextContent))
            losses.Drop(item.Path);
        system = system.FindAll(static item => item.Content is TextContent);
        if (system.Count == 0 && added is null)
            return;
        writer.WriteStartArray("system"u8);
        for (var i = 0; i < system.Count; i++)
        {
            _contents.Write(system[i].Content, system[i].Path);
            WriteMark(system, i);
        }

        if (added is not null)
            _contents.WriteText(added);
        writer.WriteEndArray();
    }

    public void WriteTurns(List<Turn> turns)
    {
        writer.WriteStartArray("messages"u8);
        foreach (var turn in turns)
        {
            writer.WriteStartObject();
            writer.WriteString("role"u8, turn.IsAssistant ? "assistant"u8 : "user"u8);
            writer.WriteStartArray("content"u8);
            WriteContents(turn.IsAssistant ? TextBeforeCalls(turn.Contents) : turn.Contents);
            if (turn.Contents.Exists(item => ContentEncoder.IsDocument(item.Content))
                && !turn.Contents.Exists(item => item.Content is TextContent))
            {
                _contents.WriteText("See the document.");
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    /// <summary>Moves tool calls to the end of their turn, where the API requires them; everything else keeps its order.</summary>
    private static List<TurnContent> TextBeforeCalls(List<TurnContent> contents)
    {
        var firstCall = contents.FindIndex(item => item.Content is FunctionCallContent);
        return firstCall < 0 || contents.FindIndex(firstCall, item => item.Content is not (FunctionCallContent or TextReasoningContent)) < 0
            ? contents
            : [.. contents.Where(item => item.Content is not FunctionCallContent),
                .. contents.Where(item => item.Content is FunctionCallContent)];
    }

    private void WriteContents(List<TurnContent> contents)
    {
        var thought = new StringBuilder();
        for (var i = 0; i < contents.Count; i++)
        {
            switch (contents[i].Content)
            {
                case TextReasoningContent reasoning:
                    WriteReasoning(reasoning, thought);
                    break;
                case FunctionCallContent call:
                    WriteCall(call, contents[i].Path);
                    break;
                case FunctionResultContent result:
                    WriteResult(result, contents[i].Path);
                    break;
                case var other:
                    _contents.Write(other, contents[i].Path);
                    break;
            }

            WriteMark(contents, i);
        }
    }

    /// <summary>Text and signature may come as separate items; the block is written when the signature is there.</summary>
    private void WriteReasoning(TextReasoningContent reasoning, StringBuilder thought)
    {
        thought.Append(reasoning.Text);
        if (reasoning.ProtectedData is not { Length: > 0 } data)
            return;
        writer.WriteStartObject();
        writer.WriteStartObject("reasoningContent"u8);
        if (reasoning.AdditionalProperties?.ContainsKey(CanonicalKeys.RedactedReasoning) == true)
        {
            writer.WriteString("redactedContent"u8, data);
        }
        else
        {
            writer.WriteStartObject("reasoningText"u8);
            writer.WriteString("text"u8, thought.ToString());
            writer.WriteString("signature"u8, data);
            writer.WriteEndObject();
            thought.Clear();
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private void WriteCall(FunctionCallContent call, string path)
    {
        KeptFields.ReportForeign(call.AdditionalProperties, DialectId.BedrockConverse, losses, path);
        KeptFields.ReportUnprefixed(call.AdditionalProperties, KeptFields.IsCacheHint, losses, path);
        CheckName(call.Name, path);
        writer.WriteStartObject();
        writer.WriteStartObject("toolUse"u8);
        writer.WriteString("toolUseId"u8, s_ids.Fit(call.CallId));
        writer.WriteString("name"u8, call.Name);
        writer.WritePropertyName("input"u8);
        WriteArguments(ToolArguments.ToText(call), path);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    /// <summary>Writes the arguments unchanged. Text that is not a JSON object (cut off, for example) is wrapped in one.</summary>
    private void WriteArguments(string text, string path)
    {
        var bytes = Encoding.UTF8.GetBytes(text.Trim());
        if (WireJson.TryParse(bytes, out var parsed, out _) && parsed.ValueKind == JsonValueKind.Object)
        {
            writer.WriteRawValue(bytes, skipInputValidation: true);
            return;
        }

        losses.Drop(path + ".arguments");
        writer.WriteStartObject();
        writer.WriteString("_raw"u8, text);
        writer.WriteEndObject();
    }

    private void WriteResult(FunctionResultContent result, string path)
    {
        KeptFields.ReportForeign(result.AdditionalProperties, DialectId.BedrockConverse, losses, path);
        writer.WriteStartObject();
        writer.WriteStartObject("toolResult"u8);
        writer.WriteString("toolUseId"u8, s_ids.Fit(result.CallId));
        _contents.WriteResult(result, path);
        if (result.Exception is not null || ToolResult.IsError(result))
            writer.WriteString("status"u8, "error"u8);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    /// <summary>
    /// Writes the cache point after a part: for the part's own hint or, after a message's last part, the message's. A hint inside a tool
    /// result counts as the result's.
    /// </summary>
    private void WriteMark(List<TurnContent> contents, int at)
    {
        var item = contents[at];
        var hint = CacheMarks.HintOf(item.Content.AdditionalProperties) ?? HintInside(item.Content);
        var isLast = at == contents.Count - 1 || !ReferenceEquals(contents[at + 1].Message, item.Message);
        marks.Write(hint ?? (isLast ? CacheMarks.HintOf(item.Message.AdditionalProperties) : null), item.Path);
    }

    private static JsonElement? HintInside(AIContent content) => content is not FunctionResultContent result ? null : result.Result switch
    {
        AIContent part => CacheMarks.HintOf(part.AdditionalProperties),
        IEnumerable<AIContent> parts => parts.Select(part => CacheMarks.HintOf(part.AdditionalProperties))
            .FirstOrDefault(hint => hint is not null),
        _ => null,
    };

    /// <summary>Refuses a tool name that the API does not allow.</summary>
    public static void CheckName(string name, string path)
    {
        if (name.Length is 0 or > 64 || name.AsSpan().ContainsAnyExcept(s_nameCharacters))
        {
            throw new CallException(
                CallErrorKind.InvalidRequest,
                $"'{name}' cannot be the name of a tool here: use up to 64 letters, digits, '-' and '_'.", path + ".name");
        }
    }
}
