using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;
using Switchyard.Dialects.Shared.Tools;

namespace Switchyard.Dialects.Gemini;

/// <summary>
/// Writes <c>functionResponse</c>, whose response must be an object: a text becomes <c>output</c>, a failure <c>error</c>.
/// </summary>
/// <param name="writer">The writer, at the part's position.</param>
/// <param name="holdsMedia">Whether the model takes media inside a result.</param>
/// <param name="media">Takes the media of a result that cannot hold them.</param>
/// <param name="losses">Takes the names of what cannot be written.</param>
internal sealed class ToolResultEncoder(Utf8JsonWriter writer, bool holdsMedia, List<AIContent> media, LossReport losses)
{
    /// <summary>Writes the whole part.</summary>
    /// <param name="result">The result.</param>
    /// <param name="name">The function it is of.</param>
    /// <param name="id">The id of its call; null leaves it out.</param>
    /// <param name="path">Its path, for the report.</param>
    public void Write(FunctionResultContent result, string name, string? id, string path)
    {
        var (text, value) = Read(result, path, out var parts);
        CitationLosses.ReportOfResult(result, losses, path);
        writer.WriteStartObject();
        writer.WriteStartObject("functionResponse"u8);
        if (id is not null)
            writer.WriteString("id"u8, id);
        writer.WriteString("name"u8, name);
        writer.WritePropertyName("response"u8);
        WriteResponse(text, value, result.Exception is not null || ToolResult.IsError(result));
        if (parts.Count > 0 && holdsMedia)
        {
            writer.WriteStartArray("parts"u8);
            foreach (var part in parts)
                WriteMedia(part);
            writer.WriteEndArray();
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
        if (!holdsMedia)
            media.AddRange(parts);
    }

    /// <summary>
    /// Writes a part as the client sent it, under the name that its call goes out with: that differs where the API does not take the
    /// client's.
    /// </summary>
    public static void WriteRaw(Utf8JsonWriter writer, JsonElement part, string name)
    {
        if (name.Length == 0 || part.Field("functionResponse") is not { ValueKind: JsonValueKind.Object } response
            || response.FieldText("name") == name)
        {
            part.WriteTo(writer);
            return;
        }

        writer.WriteStartObject();
        foreach (var member in part.EnumerateObject())
        {
            if (ProtoJson.Camel(member.Name) != "functionResponse")
            {
                member.WriteTo(writer);
                continue;
            }

            writer.WriteStartObject(member.Name);
            writer.WriteString("name"u8, name);
            foreach (var inner in response.EnumerateObject())
            {
                if (!inner.NameEquals("name"u8))
                    inner.WriteTo(writer);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private void WriteResponse(string? text, JsonElement? value, bool isError)
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

    private (string? Text, JsonElement? Value) Read(FunctionResultContent result, string path, out List<AIContent> parts)
    {
        parts = [];
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
                return (Sort([single], path, parts), null);
            case IEnumerable<AIContent> several:
                return (Sort(several, path, parts), null);
            default:
                return WireJson.TryParse(Encoding.UTF8.GetBytes(WireJson.ToJson(result.Result)), out var json, out _)
                    ? (null, json)
                    : (result.Result.ToString(), null);
        }
    }

    /// <summary>The text of the parts; the others that can be written are added to the list.</summary>
    private string Sort(IEnumerable<AIContent> contents, string path, List<AIContent> others)
    {
        var texts = new List<string>();
        var lost = new List<AIContent>();
        foreach (var content in contents)
        {
            if (content is TextContent text)
                texts.Add(text.Text);
            else if (PartEncoder.CanWrite(content, path, losses))
                others.Add(content);
            else
                lost.Add(content);
        }

        return texts.Count == 0 && others.Count == 0 ? ToolResult.NameOf(lost) : string.Join('\n', texts);
    }

    private void WriteMedia(AIContent content)
    {
        writer.WriteStartObject();
        if (content is DataContent data)
            PartEncoder.WriteInlineData(writer, data);
        else
            PartEncoder.WriteFileData(writer, content);
        writer.WriteEndObject();
    }
}
