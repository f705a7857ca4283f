using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Switchyard.Dialects.Gemini;

/// <summary>
/// Converts citations and search results. In this format they stand beside the content and count bytes of its text; in the canonical form
/// they stand on the text and count characters.
/// </summary>
internal static class CitationCodec
{
    /// <summary>Puts them on the first text. The wire objects are kept with the answer as well, for their further members.</summary>
    public static void Attach(JsonElement candidate, IEnumerable<AIContent> contents)
    {
        var texts = contents.OfType<TextContent>().ToList();
        if (texts.Count == 0)
            return;
        var whole = Encoding.UTF8.GetBytes(string.Concat(texts.Select(text => text.Text)));
        if (candidate.Field("citationMetadata")?.Field("citations") is { ValueKind: JsonValueKind.Array } citations)
        {
            foreach (var citation in citations.EnumerateArray())
                Add(texts[0], citation.FieldText("uri"), citation.FieldText("title"), citation, whole);
        }

        if (candidate.Field("groundingMetadata") is { } grounding)
            AttachGrounding(grounding, texts[0], whole);
    }

    /// <summary>Whether a citation has a shape here: only those of addresses do.</summary>
    public static bool CanWrite(CitationAnnotation citation) => citation.Url is not null;

    /// <summary>Writes the citations of an answer that came from another format; nothing when there are none.</summary>
    public static void Write(Utf8JsonWriter writer, IEnumerable<AIContent> contents)
    {
        var citations = contents.SelectMany(content => content.Annotations ?? [])
            .OfType<CitationAnnotation>().Where(CanWrite).ToList();
        if (citations.Count == 0)
            return;
        writer.WriteStartObject("citationMetadata"u8);
        writer.WriteStartArray("citations"u8);
        foreach (var citation in citations)
        {
            var region = citation.AnnotatedRegions?.OfType<TextSpanAnnotatedRegion>().FirstOrDefault();
            writer.WriteStartObject();
            writer.WriteNumber("startIndex"u8, region?.StartIndex ?? 0);
            writer.WriteNumber("endIndex"u8, region?.EndIndex ?? 0);
            writer.WriteString("uri"u8, citation.Url!.OriginalString);
            if (citation.Title is { Length: > 0 } title)
                writer.WriteString("title"u8, title);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void AttachGrounding(JsonElement grounding, TextContent text, byte[] whole)
    {
        if (grounding.Field("groundingChunks") is not { ValueKind: JsonValueKind.Array } chunks
            || grounding.Field("groundingSupports") is not { ValueKind: JsonValueKind.Array } supports)
        {
            return;
        }

        foreach (var support in supports.EnumerateArray())
        {
            if (support.Field("groundingChunkIndices") is not { ValueKind: JsonValueKind.Array } indices)
                continue;
            foreach (var index in indices.EnumerateArray())
            {
                if (ProtoJson.Whole(index) is not (>= 0 and var at) || at >= chunks.GetArrayLength())
                    continue;
                var chunk = chunks[(int)at];
                var source = chunk.Field("web") ?? chunk.Field("retrievedContext");
                Add(text, source?.FieldText("uri"), source?.FieldText("title"), support.Field("segment"), whole);
            }
        }
    }

    private static void Add(TextContent text, string? uri, string? title, JsonElement? segment, byte[] whole)
    {
        if (!Uri.TryCreate(uri, UriKind.Absolute, out var url))
            return;
        (text.Annotations ??= []).Add(new CitationAnnotation
        {
            Title = title,
            Url = url,
            AnnotatedRegions =
            [
                new TextSpanAnnotatedRegion
                {
                    StartIndex = Characters(whole, ProtoJson.Whole(segment?.Field("startIndex")) ?? 0),
                    EndIndex = Characters(whole, ProtoJson.Whole(segment?.Field("endIndex")) ?? 0),
                },
            ],
        });
    }

    private static int Characters(byte[] text, long bytes) => Encoding.UTF8.GetCharCount(text, 0, (int)Math.Clamp(bytes, 0, text.Length));
}
