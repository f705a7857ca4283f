using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Common;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;

namespace Switchyard.Dialects.OpenAIChat;

/// <summary>
/// Reads a message's <c>content</c>: a string, parts, or nothing. A part that is unknown, or that its canonical type could not hold as it
/// is, becomes a bare <see cref="AIContent"/> with the part kept whole under <see cref="CanonicalKeys.RawOpenAIChat"/>.
/// </summary>
internal static class ContentDecoder
{
    public static void AddContents(JsonElement wire, IList<AIContent> contents, string path)
    {
        switch (wire.Member("content"))
        {
            case null:
                break;
            case { ValueKind: JsonValueKind.String } text:
                contents.Add(new TextContent(text.GetString()));
                break;
            case { ValueKind: JsonValueKind.Array } parts:
                var index = 0;
                foreach (var part in parts.EnumerateArray())
                    AddPart(part, contents, $"{path}[{index++}]");
                break;
            case { } other:
                throw RequestErrors.WrongType(path, "a string or an array of objects", other.ValueKind);
        }
    }

    public static TextContent Refusal(string text) => new(text) { AdditionalProperties = new() { [CanonicalKeys.Refusal] = true } };

    private static void AddPart(JsonElement part, IList<AIContent> contents, string path)
    {
        if (part.ValueKind == JsonValueKind.String)
        {
            contents.Add(new TextContent(part.GetString()));
            return;
        }

        FieldReader.Object(part, path);
        var type = FieldReader.RequiredText(part, "type", path);
        var content = type switch
        {
            "text" => new TextContent(FieldReader.RequiredText(part, "text", path)),
            "refusal" => Refusal(FieldReader.RequiredText(part, "refusal", path)),
            "image_url" => Image(part, path),
            "input_audio" => Audio(part, path),
            "file" => File(part, path),
            "thinking" => Thinking(part),
            _ => null,
        };
        if (content is null)
        {
            contents.Add(new AIContent { AdditionalProperties = new() { [CanonicalKeys.RawOpenAIChat] = part } });
            return;
        }

        foreach (var member in part.EnumerateObject())
        {
            if (member.Name != "type" && member.Name != type)
                (content.AdditionalProperties ??= [])[member.Name] = member.Value;
        }

        contents.Add(content);
    }

    private static AIContent? Image(JsonElement part, string path)
    {
        path += ".image_url";
        var image = part.Member("image_url") ?? throw RequestErrors.Missing(path);
        // Mistral takes the address itself in place of the object.
        var url = image.ValueKind == JsonValueKind.String
            ? image.GetString()!
            : FieldReader.RequiredText(FieldReader.Object(image, path), "url", path);
        var content = UrlContent.Read(url, "image/*");
        if (content is null || !HasOnly(image, "url", "detail"))
            return null;
        if (content is DataContent data && !data.HasTopLevelMediaType("image"))
            return null;
        if (image.Text("detail") is { } detail)
            content.AdditionalProperties = new() { [CanonicalKeys.ImageDetail] = detail };
        return content;
    }

    private static DataContent? Audio(JsonElement part, string path)
    {
        path += ".input_audio";
        var wire = part.Member("input_audio") ?? throw RequestErrors.Missing(path);
        // Mistral takes the base64 or an address in place of the object; neither says what format it is in.
        if (wire.ValueKind == JsonValueKind.String)
            return null;
        var audio = FieldReader.Object(wire, path);
        var data = FieldReader.RequiredText(audio, "data", path);
        var format = audio.Text("format");
        return format is null || !HasOnly(audio, "data", "format")
            ? null
            : UrlContent.Read($"data:{MediaKinds.OfAudioFormat(format)};base64,{data}", mediaType: null) as DataContent;
    }

    private static AIContent? File(JsonElement part, string path)
    {
        path += ".file";
        var file = FieldReader.Object(part.Member("file") ?? throw RequestErrors.Missing(path), path);
        if (!HasOnly(file, "file_id", "file_data", "filename"))
            return null;
        var name = file.Text("filename");
        if (file.Text("file_id") is { Length: > 0 } id && file.Member("file_data") is null)
            return new HostedFileContent(id) { Name = name };
        if (file.Text("file_data") is not { } url || UrlContent.Read(url, mediaType: null) is not DataContent data
            || file.Member("file_id") is not null)
        {
            return null;
        }

        data.Name = name;
        if (data.HasTopLevelMediaType("image") || data.HasTopLevelMediaType("audio"))
            data.AdditionalProperties = new() { [CanonicalKeys.PartType] = "file" };
        return data;
    }

    /// <summary>Mistral's reasoning: a part that holds parts of text.</summary>
    private static TextReasoningContent? Thinking(JsonElement part)
    {
        switch (part.Member("thinking"))
        {
            case { ValueKind: JsonValueKind.String } text:
                return new TextReasoningContent(text.GetString());
            case { ValueKind: JsonValueKind.Array } inner:
                return new TextReasoningContent(string.Concat(inner.EnumerateArray().Select(item => item.Text("text"))));
            default:
                return null;
        }
    }

    private static bool HasOnly(JsonElement value, params ReadOnlySpan<string> names)
    {
        if (value.ValueKind != JsonValueKind.Object)
            return true;
        foreach (var member in value.EnumerateObject())
        {
            if (!names.Contains(member.Name))
                return false;
        }

        return true;
    }
}
