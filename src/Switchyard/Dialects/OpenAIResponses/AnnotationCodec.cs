using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Fields;

namespace Switchyard.Dialects.OpenAIResponses;

/// <summary>Converts citations: flat objects in a text part's <c>annotations</c>.</summary>
internal static class AnnotationCodec
{
    /// <summary>Puts the part's annotations on the text.</summary>
    public static void Attach(JsonElement annotations, TextContent text)
    {
        foreach (var annotation in annotations.EnumerateArray())
        {
            if (Read(annotation) is { } citation)
                (text.Annotations ??= []).Add(citation);
        }
    }

    /// <summary>Reads one; null if it is not an object. The wire object is kept, for members the canonical form does not hold.</summary>
    public static CitationAnnotation? Read(JsonElement wire)
    {
        if (wire.ValueKind != JsonValueKind.Object)
            return null;
        return new CitationAnnotation
        {
            Title = wire.Text("title") ?? wire.Text("filename"),
            FileId = wire.Text("file_id"),
            Url = Uri.TryCreate(wire.Text("url"), UriKind.Absolute, out var url) ? url : null,
            AnnotatedRegions = wire.Place("start_index") is { } start && wire.Place("end_index") is { } end
                ? [new TextSpanAnnotatedRegion { StartIndex = start, EndIndex = end }]
                : null,
            AdditionalProperties = new() { [ItemKeys.Raw] = wire },
        };
    }

    /// <summary>The URL citations in the shape OpenAI chat streams them; null if there are none.</summary>
    public static JsonElement? ToChat(IEnumerable<CitationAnnotation> citations)
    {
        List<object> written = [.. citations.Where(citation => citation.Url is not null).Select(ToChat)];
        return written.Count == 0 ? null : JsonElement.Parse(WireJson.ToJson(written));
    }

    private static Dictionary<string, object> ToChat(CitationAnnotation citation)
    {
        var region = citation.AnnotatedRegions?.OfType<TextSpanAnnotatedRegion>().FirstOrDefault();
        return new()
        {
            ["type"] = "url_citation",
            ["url_citation"] = new Dictionary<string, object>
            {
                ["start_index"] = region?.StartIndex ?? 0,
                ["end_index"] = region?.EndIndex ?? 0,
                ["url"] = citation.Url!.OriginalString,
                ["title"] = citation.Title ?? "",
            },
        };
    }

    /// <summary>Writes the array's members that this format can hold.</summary>
    public static void WriteAll(Utf8JsonWriter writer, IEnumerable<AIAnnotation>? annotations)
    {
        foreach (var citation in annotations?.OfType<CitationAnnotation>() ?? [])
        {
            if (CanWrite(citation))
                Write(writer, citation);
        }
    }

    public static bool CanWrite(CitationAnnotation citation) => citation.Url is not null || RawOf(citation) is not null;

    public static void Write(Utf8JsonWriter writer, CitationAnnotation citation)
    {
        if (RawOf(citation) is { } raw)
        {
            raw.WriteTo(writer);
            return;
        }

        var region = citation.AnnotatedRegions?.OfType<TextSpanAnnotatedRegion>().FirstOrDefault();
        writer.WriteStartObject();
        writer.WriteString("type"u8, "url_citation"u8);
        writer.WriteNumber("start_index"u8, region?.StartIndex ?? 0);
        writer.WriteNumber("end_index"u8, region?.EndIndex ?? 0);
        writer.WriteString("url"u8, citation.Url!.OriginalString);
        writer.WriteString("title"u8, citation.Title ?? "");
        writer.WriteEndObject();
    }

    private static JsonElement? RawOf(CitationAnnotation citation) =>
        citation.AdditionalProperties.Element(ItemKeys.Raw);
}
