using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Switchyard.Dialects.Gemini;

/// <summary>
/// Converts citations and search results. In this format they are beside the content and count bytes of its text; in the canonical form
/// they are on the text and count characters.
/// </summary>
internal static class CitationCodec
{
    /// <summary>
    /// The list of citations in <c>citationMetadata</c>, as the Gemini API and as Vertex AI name it. Clients of either read no other.
    /// </summary>
    private static readonly string[] Lists = ["citationSources", "citations"];

    /// <summary>
    /// Puts the citations of a whole answer on its first text. The wire objects stay on the answer too, for their further members.
    /// </summary>
    public static void Attach(JsonElement candidate, IList<AIContent> contents)
    {
        if (IsCited(candidate) && contents.OfType<TextContent>().FirstOrDefault() is { } text)
            Attach(candidate, text, TextOffsets.Of(contents));
    }

    /// <summary>
    /// Puts the citations of a chunk on its first text, or on an empty one: they come after the text. They count from the beginning of the
    /// candidate, not of the chunk.
    /// </summary>
    /// <param name="candidate">The candidate, as the chunk has it.</param>
    /// <param name="contents">The chunk's contents of it.</param>
    /// <param name="offsets">The offsets of all its text so far, including this chunk's.</param>
    public static void AttachStreamed(JsonElement candidate, IList<AIContent> contents, TextOffsets offsets)
    {
        if (!IsCited(candidate))
            return;
        if (contents.OfType<TextContent>().FirstOrDefault() is { } said)
        {
            Attach(candidate, said, offsets);
            return;
        }

        var text = new TextContent("");
        Attach(candidate, text, offsets);
        if (text.Annotations is not null)
            contents.Add(text);
    }

    /// <summary>Whether this format can hold the citation: only if it has an address.</summary>
    public static bool CanWrite(CitationAnnotation citation) => citation.Url is not null;

    /// <summary>Writes the citations of an answer that came from another format; nothing when there are none.</summary>
    /// <param name="writer">The writer, inside the candidate.</param>
    /// <param name="contents">The contents, of a whole answer or of a chunk.</param>
    /// <param name="offsets">The offsets of the text so far; null if the contents are all of it.</param>
    public static void Write(Utf8JsonWriter writer, IReadOnlyList<AIContent> contents, TextOffsets? offsets)
    {
        var citations = contents.SelectMany(content => content.Annotations ?? [])
            .OfType<CitationAnnotation>().Where(CanWrite).ToList();
        if (citations.Count == 0)
            return;
        offsets ??= TextOffsets.Of(contents);
        writer.WriteStartObject("citationMetadata"u8);
        foreach (var name in Lists)
            WriteList(writer, name, citations, offsets);
        writer.WriteEndObject();
    }

    private static void WriteList(Utf8JsonWriter writer, string name, List<CitationAnnotation> citations, TextOffsets offsets)
    {
        writer.WriteStartArray(name);
        foreach (var citation in citations)
        {
            var region = citation.AnnotatedRegions?.OfType<TextSpanAnnotatedRegion>().FirstOrDefault();
            writer.WriteStartObject();
            writer.WriteNumber("startIndex"u8, offsets.Bytes(region?.StartIndex ?? 0));
            writer.WriteNumber("endIndex"u8, offsets.Bytes(region?.EndIndex ?? 0));
            writer.WriteString("uri"u8, citation.Url!.OriginalString);
            if (citation.Title is { Length: > 0 } title)
                writer.WriteString("title"u8, title);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static bool IsCited(JsonElement candidate) =>
        candidate.Field("citationMetadata") is not null || candidate.Field("groundingMetadata") is not null;

    private static void Attach(JsonElement candidate, TextContent text, TextOffsets offsets)
    {
        foreach (var name in Lists)
        {
            if (candidate.Field("citationMetadata")?.Field(name) is not { ValueKind: JsonValueKind.Array } citations)
                continue;
            foreach (var citation in citations.EnumerateArray())
                Add(text, citation.FieldText("uri"), citation.FieldText("title"), citation, offsets);
            break;
        }

        if (candidate.Field("groundingMetadata") is { } grounding)
            AttachGrounding(grounding, text, offsets);
    }

    private static void AttachGrounding(JsonElement grounding, TextContent text, TextOffsets offsets)
    {
        if (grounding.Field("groundingChunks") is not { ValueKind: JsonValueKind.Array } list
            || grounding.Field("groundingSupports") is not { ValueKind: JsonValueKind.Array } supports)
        {
            return;
        }

        // A list of JSON is searched from its beginning for each item of it.
        var chunks = list.EnumerateArray().ToArray();
        foreach (var support in supports.EnumerateArray())
        {
            if (support.Field("groundingChunkIndices") is not { ValueKind: JsonValueKind.Array } indices)
                continue;
            foreach (var index in indices.EnumerateArray())
            {
                if (ProtoJson.Whole(index) is not (>= 0 and var at) || at >= chunks.Length)
                    continue;
                var chunk = chunks[at];
                var source = chunk.Field("web") ?? chunk.Field("retrievedContext") ?? chunk.Field("maps") ?? chunk.Field("image");
                // Of an image the page that shows it.
                var uri = source?.FieldText("uri") ?? source?.FieldText("sourceUri");
                Add(text, uri, source?.FieldText("title"), support.Field("segment"), offsets);
            }
        }
    }

    private static void Add(TextContent text, string? uri, string? title, JsonElement? segment, TextOffsets offsets)
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
                    StartIndex = offsets.Characters(ProtoJson.Whole(segment?.Field("startIndex")) ?? 0),
                    EndIndex = offsets.Characters(ProtoJson.Whole(segment?.Field("endIndex")) ?? 0),
                },
            ],
        });
    }
}
