using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Common;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;
using Switchyard.Dialects.Shared.Fields;

namespace Switchyard.Dialects.OpenAIResponses;

/// <summary>
/// Reads the parts of a message or of a tool's output. A part that is unknown, or that its canonical type could not hold as it is,
/// becomes a bare <see cref="AIContent"/> with the part kept whole.
/// </summary>
internal static class ContentDecoder
{
    public static void AddContents(JsonElement content, IList<AIContent> contents, string path)
    {
        switch (content.ValueKind)
        {
            case JsonValueKind.Null:
                break;
            case JsonValueKind.String:
                contents.Add(new TextContent(content.GetString()));
                break;
            case JsonValueKind.Array:
                var index = 0;
                foreach (var part in content.EnumerateArray())
                    contents.Add(Part(part, $"{path}[{index++}]"));
                break;
            default:
                throw RequestErrors.WrongType(path, "a string or an array of objects", content.ValueKind);
        }
    }

    /// <summary>An item or part kept whole.</summary>
    public static AIContent Whole(JsonElement wire) => new() { AdditionalProperties = new() { [ItemKeys.Raw] = wire } };

    private static AIContent Part(JsonElement part, string path)
    {
        if (part.ValueKind == JsonValueKind.String)
            return new TextContent(part.GetString());
        FieldReader.Object(part, path);
        return FieldReader.RequiredText(part, "type", path) switch
        {
            // An answer may have null for a text that a streamed one would not have sent.
            "output_text" when part.Member("text") is null => Text(part, ""),
            "input_text" or "output_text" or "text" => Text(part, FieldReader.RequiredText(part, "text", path)),
            "refusal" => new TextContent(FieldReader.RequiredText(part, "refusal", path))
            {
                AdditionalProperties = new() { [CanonicalKeys.Refusal] = true },
            },
            "input_image" => Image(part),
            "input_file" => File(part),
            "input_audio" => Audio(part),
            _ => null,
        } ?? Whole(part);
    }

    private static TextContent Text(JsonElement part, string value)
    {
        var text = new TextContent(value);
        if (part.Member("annotations") is { ValueKind: JsonValueKind.Array } annotations)
            AnnotationCodec.Attach(annotations, text);
        foreach (var member in part.EnumerateObject())
        {
            // Log probabilities of an answer belong to its message; in a history no model reads them.
            if (!member.IsNamed("type", "text", "annotations", "logprobs") && member.Value.ValueKind != JsonValueKind.Null)
                Keep(text, member.Name, member.Value);
        }

        return text;
    }

    private static AIContent? Image(JsonElement part)
    {
        var url = part.Text("image_url");
        var id = part.Text("file_id");
        AIContent? content = (url, id) switch
        {
            ({ Length: > 0 }, null) => UrlContent.Read(url, "image/*") is { } read
                && (read is not DataContent data || data.HasTopLevelMediaType("image"))
                    ? read
                    : UrlContent.KeepWhole(UrlContent.ReadUntyped(url), DialectId.OpenAIResponses, part),
            // A blank id names no file: such a part is kept as it is, for a provider of this format to refuse.
            (null, { } hosted) when !string.IsNullOrWhiteSpace(hosted) => new HostedFileContent(hosted) { MediaType = "image/*" },
            _ => null,
        };
        if (content is null)
            return null;
        foreach (var member in part.EnumerateObject())
        {
            if (member.IsNamed("type", "image_url", "file_id") || member.Value.ValueKind == JsonValueKind.Null)
                continue;
            if (!member.NameEquals("detail") || member.Value.ValueKind != JsonValueKind.String)
            {
                Keep(content, member.Name, member.Value);
                continue;
            }

            // Other formats have no detail level "original": they get "high".
            var detail = member.Value.GetString()!;
            (content.AdditionalProperties ??= [])[CanonicalKeys.ImageDetail] = detail == "original" ? "high" : detail;
            if (detail == "original")
                Keep(content, "detail", member.Value);
        }

        return content;
    }

    private static AIContent? File(JsonElement part)
    {
        var name = part.Text("filename");
        AIContent? content = (part.Text("file_id"), part.Text("file_data"), part.Text("file_url")) switch
        {
            ({ } id, null, null) when !string.IsNullOrWhiteSpace(id) => new HostedFileContent(id) { Name = name },
            (null, { Length: > 0 } data, null) => UrlContent.Read(data, mediaType: null)
                ?? UrlContent.KeepWhole(
                    UrlContent.ReadUntyped(data, name) ?? UrlContent.FromBase64(data, mediaType: null, name), DialectId.OpenAIResponses,
                    part),
            (null, null, { Length: > 0 } url) => UrlContent.Read(url, TypeOfAddress(url)),
            _ => null,
        };
        if (content is DataContent inline)
        {
            inline.Name = name;
            if (inline.HasTopLevelMediaType("image") || inline.HasTopLevelMediaType("audio"))
                (inline.AdditionalProperties ??= [])[CanonicalKeys.PartType] = "file";
        }
        else if (content is UriContent && name is not null)
        {
            Keep(content, "filename", part.Member("filename")!.Value);
        }

        if (content is not null)
        {
            foreach (var member in part.EnumerateObject())
            {
                if (!member.IsNamed("type", "file_id", "file_data", "file_url", "filename") && member.Value.ValueKind != JsonValueKind.Null)
                    Keep(content, member.Name, member.Value);
            }
        }

        return content;
    }

    private static DataContent? Audio(JsonElement part)
    {
        if (part.Member("input_audio") is not { ValueKind: JsonValueKind.Object } audio)
            return null;
        return audio.Text("data") is { } data && audio.Text("format") is { } format
            ? UrlContent.Read($"data:{MediaKinds.OfAudioFormat(format)};base64,{data}", mediaType: null) as DataContent
            : null;
    }

    private static void Keep(AIContent content, string name, JsonElement value)
    {
        var kept = content.AdditionalProperties;
        if (name == CanonicalKeys.CacheControl)
            WireJson.Keep(ref kept, name, value);
        else
            KeptFields.Keep(ref kept, DialectId.OpenAIResponses, name, value);
        content.AdditionalProperties = kept;
    }

    // This format has no media type for a file at an address, and the canonical form requires one.
    private static string TypeOfAddress(string url) =>
        (Uri.TryCreate(url, UriKind.Absolute, out var parsed) ? MediaKinds.OfName(parsed.AbsolutePath) : null) ?? "application/pdf";
}
