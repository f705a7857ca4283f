using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Dialects.Shared.Tools;

namespace Switchyard.Dialects.AnthropicMessages;

/// <summary>Writes content blocks. Content without a block was removed before (<see cref="SendableTurns"/>).</summary>
internal sealed class ContentEncoder(Utf8JsonWriter writer, CacheHints hints, LossReport losses)
{
    /// <summary>The message's part of a content's path.</summary>
    public static string MessagePath(string path) =>
        path.IndexOf(']', StringComparison.Ordinal) is > 0 and var end ? path[..(end + 1)] : path;

    public void Write(TurnContent item, bool trimEnd)
    {
        var (content, _, path) = item;
        if (content is TextReasoningContent reasoning)
        {
            WriteReasoning(reasoning);
            return;
        }

        if (AnthropicKeys.RawOf(content) is { } raw)
        {
            ToolEncoder.WriteRaw(writer, raw, hints, path, CacheHints.Place.Messages);
            return;
        }

        switch (content)
        {
            case TextContent text:
                Begin("text"u8);
                writer.WriteString("text"u8, trimEnd ? text.Text.TrimEnd() : text.Text);
                break;
            case FunctionCallContent call:
                WriteCall(call, path);
                break;
            case FunctionResultContent result:
                WriteResult(result, path);
                break;
            default:
                MediaEncoder.Write(writer, content, path, losses);
                break;
        }

        End(content, hints.Of(item), path);
    }

    private void Begin(ReadOnlySpan<byte> type)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, type);
    }

    private void End(AIContent content, JsonElement? hint, string path)
    {
        KeptFields.Write(writer, content.AdditionalProperties, AnthropicKeys.Dialect, losses, path);
        KeptFields.ReportUnprefixed(
            content.AdditionalProperties,
            static (name, value) => KeptFields.IsCacheHint(name, value) || value.ValueKind == JsonValueKind.Null, losses, path);
        hints.Write(writer, hint, CacheHints.Place.Messages, path);
        writer.WriteEndObject();
    }

    private void WriteReasoning(TextReasoningContent reasoning)
    {
        if (AnthropicKeys.RawOf(reasoning) is { } raw)
        {
            RawJson.Write(writer, raw);
        }
        else if (AnthropicKeys.IsRedacted(reasoning))
        {
            Begin("redacted_thinking"u8);
            writer.WriteString("data"u8, reasoning.ProtectedData);
            writer.WriteEndObject();
        }
        else
        {
            Begin("thinking"u8);
            writer.WriteString("thinking"u8, reasoning.Text);
            writer.WriteString("signature"u8, reasoning.ProtectedData);
            writer.WriteEndObject();
        }
    }

    private void WriteCall(FunctionCallContent call, string path)
    {
        Begin("tool_use"u8);
        writer.WriteString("id"u8, AnthropicKeys.CallIds.Fit(call.CallId));
        writer.WriteString("name"u8, call.Name);
        writer.WritePropertyName("input"u8);
        if (!ToolInput.Write(writer, call))
            losses.Drop(path + ".arguments");
        if (call.AdditionalProperties?.ContainsKey(CanonicalKeys.Signature) == true)
            losses.Drop(path + ".reasoning");
    }

    private void WriteResult(FunctionResultContent result, string path)
    {
        Begin("tool_result"u8);
        writer.WriteString("tool_use_id"u8, AnthropicKeys.CallIds.Fit(result.CallId));
        switch (result.Result)
        {
            case null:
                WriteResultText(result.Exception is { } exception ? "Error: " + exception.Message : "");
                break;
            case string text:
                WriteResultText(text);
                break;
            case AIContent content:
                WriteResultParts([content], path);
                break;
            case IEnumerable<AIContent> contents:
                WriteResultParts([.. contents], path);
                break;
            case JsonElement { ValueKind: JsonValueKind.String } text:
                WriteResultText(text.GetString()!);
                break;
            default:
                WriteResultText(WireJson.ToJson(result.Result));
                break;
        }

        if (result.Exception is not null || ToolResult.IsError(result))
            writer.WriteBoolean("is_error"u8, true);
    }

    private static bool HasPlaceInResult(AIContent content) =>
        content is TextContent or DataContent or UriContent || AnthropicKeys.RawOf(content) is not null;

    private void WriteResultText(string text)
    {
        if (text.Length > 0)
            writer.WriteString("content"u8, text);
    }

    private void WriteResultParts(List<AIContent> parts, string path)
    {
        parts.RemoveAll(Conversation.IsBlank);
        if (parts.Count == 0)
            return;
        if (!parts.Exists(HasPlaceInResult))
        {
            writer.WriteString("content"u8, ToolResult.NameOf(parts));
            for (var i = 0; i < parts.Count; i++)
                losses.Drop($"{path}[{i}]");
            return;
        }

        writer.WriteStartArray("content"u8);
        for (var i = 0; i < parts.Count; i++)
        {
            var partPath = $"{path}[{i}]";
            if (AnthropicKeys.RawOf(parts[i]) is { } raw)
            {
                ToolEncoder.WriteRaw(writer, raw, hints, partPath, CacheHints.Place.Messages);
                continue;
            }

            switch (parts[i])
            {
                case TextContent text:
                    Begin("text"u8);
                    writer.WriteString("text"u8, text.Text);
                    break;
                case DataContent or UriContent:
                    MediaEncoder.Write(writer, parts[i], partPath, losses);
                    break;
                default:
                    losses.Drop(partPath);
                    continue;
            }

            End(parts[i], CacheHints.Of(parts[i].AdditionalProperties), partPath);
        }

        writer.WriteEndArray();
    }
}
