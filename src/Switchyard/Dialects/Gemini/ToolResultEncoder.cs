using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;

namespace Switchyard.Dialects.Gemini;

/// <summary>
/// Writes <c>functionResponse</c>, whose response must be an object: a text becomes <c>output</c>, a failure <c>error</c>.
/// </summary>
internal static class ToolResultEncoder
{
    /// <summary>Writes the whole part. Media that cannot stand inside are collected for the caller.</summary>
    /// <param name="writer">Stands where the part goes.</param>
    /// <param name="result">The result.</param>
    /// <param name="name">The function it is of.</param>
    /// <param name="holdsMedia">Whether the model takes media inside a result.</param>
    /// <param name="media">Takes the media of a result that cannot hold them.</param>
    public static void Write(Utf8JsonWriter writer, FunctionResultContent result, string name, bool holdsMedia, List<AIContent> media)
    {
        var (text, value) = Read(result, out var parts);
        writer.WriteStartObject();
        writer.WriteStartObject("functionResponse"u8);
        writer.WriteString("name"u8, name);
        writer.WritePropertyName("response"u8);
        WriteResponse(writer, text, value, result.Exception is not null || ToolResult.IsError(result));
        if (parts.Count > 0 && holdsMedia)
        {
            writer.WriteStartArray("parts"u8);
            foreach (var part in parts)
                WriteMedia(writer, part);
            writer.WriteEndArray();
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
        if (!holdsMedia)
            media.AddRange(parts);
    }

    private static void WriteResponse(Utf8JsonWriter writer, string? text, JsonElement? value, bool isError)
    {
        if (!isError && value is { ValueKind: JsonValueKind.Object } whole)
        {
            whole.WriteTo(writer);
            return;
        }

        writer.WriteStartObject();
        writer.WritePropertyName(isError ? "error"u8 : "output"u8);
        if (value is { } other)
            other.WriteTo(writer);
        else
            writer.WriteStringValue(text ?? "");
        writer.WriteEndObject();
    }

    private static (string? Text, JsonElement? Value) Read(FunctionResultContent result, out List<AIContent> media)
    {
        media = [];
        switch (result.Result)
        {
            case null:
                return (result.Exception?.Message ?? "", null);
            case string text:
                return (text, null);
            case JsonElement { ValueKind: JsonValueKind.String } text:
                return (text.GetString(), null);
            case JsonElement { ValueKind: JsonValueKind.Undefined }:
                return ("", null);
            case JsonElement value:
                return (null, value);
            case AIContent single:
                return (Sort([single], media), null);
            case IEnumerable<AIContent> several:
                return (Sort(several, media), null);
            default:
                return WireJson.TryParse(Encoding.UTF8.GetBytes(WireJson.ToJson(result.Result)), out var json, out _)
                    ? (null, json)
                    : (result.Result.ToString(), null);
        }
    }

    private static string Sort(IEnumerable<AIContent> contents, List<AIContent> media)
    {
        var texts = new List<string>();
        foreach (var content in contents)
        {
            if (content is TextContent text)
                texts.Add(text.Text);
            else
                media.Add(content);
        }

        return string.Join('\n', texts);
    }

    private static void WriteMedia(Utf8JsonWriter writer, AIContent content)
    {
        writer.WriteStartObject();
        if (content is DataContent data)
            PartEncoder.WriteInlineData(writer, data);
        else
            PartEncoder.WriteFileData(writer, content);
        writer.WriteEndObject();
    }
}
