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
        if (content is null || (content is DataContent data && !data.HasTopLevelMediaType("image")))
            content = UrlContent.KeepWhole(UrlContent.ReadUntyped(url), DialectId.OpenAIChat, part);
        if (content is null)
            return null;
        if (image.Text("detail") is { } detail)
            (content.AdditionalProperties ??= [])[CanonicalKeys.ImageDetail] = detail;
        KeepOthers(content, part, image, "image_url", "url", "detail");
        return content;
    }

    /// <summary>Keeps the members that no property holds, for the report of other formats; this one gets the whole part back.</summary>
    private static void KeepOthers(AIContent content, JsonElement part, JsonElement inner, string name, params ReadOnlySpan<string> known)
    {
        if (inner.ValueKind != JsonValueKind.Object || HasOnly(inner, known))
            return;
        var kept = content.AdditionalProperties ??= [];
        kept[CanonicalKeys.RawOpenAIChat] = part;
        foreach (var member in inner.EnumerateObject())
        {
            if (!member.IsNamed(known) && member.Value.ValueKind != JsonValueKind.Null)
                kept[CanonicalKeys.Own(DialectId.OpenAIChat, $"{name}.{member.Name}")] = member.Value;
        }
    }

    private static DataContent? Audio(JsonElement part, string path)
    {
        path += ".input_audio";
        var wire = part.Member("input_audio") ?? throw RequestErrors.Missing(path);
        // Mistral takes the base64 or an address in place of the object; neither names the audio format.
        if (wire.ValueKind == JsonValueKind.String)
        {
            return UrlContent.FromBase64(wire.GetString()!, mediaType: null) is { } sound && sound.HasTopLevelMediaType("audio")
                ? UrlContent.KeepWhole(sound, DialectId.OpenAIChat, part)
                : null;
        }

        var audio = FieldReader.Object(wire, path);
        var data = FieldReader.RequiredText(audio, "data", path);
        var format = audio.Text("format");
        var content = format is null
            ? UrlContent.KeepWhole(UrlContent.FromBase64(data, mediaType: null), DialectId.OpenAIChat, part)
            : UrlContent.Read($"data:{MediaKinds.OfAudioFormat(format)};base64,{data}", mediaType: null) as DataContent;
        if (content is not null)
            KeepOthers(content, part, audio, "input_audio", "data", "format");
        return content;
    }

    private static AIContent? File(JsonElement part, string path)
    {
        path += ".file";
        var file = FieldReader.Object(part.Member("file") ?? throw RequestErrors.Missing(path), path);
        var name = file.Text("filename");
        AIContent? content = (file.Text("file_id"), file.Text("file_data")) switch
        {
            // A blank id names no file: such a part is kept as it is, for a provider of this format to refuse.
            ({ } id, null) when !string.IsNullOrWhiteSpace(id) => new HostedFileContent(id) { Name = name },
            (null, { } url) => UrlContent.Read(url, mediaType: null)
                ?? UrlContent.KeepWhole(
                    UrlContent.ReadUntyped(url, name) ?? UrlContent.FromBase64(url, mediaType: null, name), DialectId.OpenAIChat, part),
            _ => null,
        };
        if (content is DataContent data)
        {
            data.Name = name;
            if (data.HasTopLevelMediaType("image") || data.HasTopLevelMediaType("audio"))
                (data.AdditionalProperties ??= [])[CanonicalKeys.PartType] = "file";
        }

        if (content is not null)
            KeepOthers(content, part, file, "file", "file_id", "file_data", "filename");
        return content;
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
