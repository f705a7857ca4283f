using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.OpenAIChat;

/// <summary>Converts citations: OpenAI puts them beside the message's text, the canonical form on it.</summary>
internal static class AnnotationCodec
{
    /// <summary>
    /// Puts URL citations on the first text. The list itself is kept on the message as well, for other kinds of annotations.
    /// </summary>
    public static void Attach(JsonElement annotations, IList<AIContent> contents)
    {
        if (contents.OfType<TextContent>().FirstOrDefault() is not { } text)
            return;
        foreach (var annotation in annotations.EnumerateArray())
        {
            if (annotation.Member("url_citation") is not { ValueKind: JsonValueKind.Object } citation)
                continue;
            (text.Annotations ??= []).Add(new CitationAnnotation
            {
                Title = citation.Text("title"),
                Url = Uri.TryCreate(citation.Text("url"), UriKind.Absolute, out var url) ? url : null,
                AnnotatedRegions =
                [
                    new TextSpanAnnotatedRegion
                    {
                        StartIndex = citation.Place("start_index"),
                        EndIndex = citation.Place("end_index"),
                    },
                ],
            });
        }
    }

    /// <summary>
    /// Puts the citations of a delta on its text, or on an empty one: they come after the text. The list is kept on the update as well.
    /// </summary>
    public static void AttachStreamed(JsonElement annotations, IList<AIContent> contents)
    {
        if (contents.OfType<TextContent>().Any())
        {
            Attach(annotations, contents);
            return;
        }

        var text = new TextContent("");
        Attach(annotations, [text]);
        if (text.Annotations is not null)
            contents.Add(text);
    }

    /// <summary>Writes the citations of an answer that came from another format; nothing when there are none.</summary>
    public static void Write(Utf8JsonWriter writer, IEnumerable<AIContent> contents)
    {
        var begun = false;
        foreach (var citation in contents.SelectMany(content => content.Annotations ?? []).OfType<CitationAnnotation>())
        {
            if (!CanWrite(citation))
                continue;
            if (!begun)
                writer.WriteStartArray("annotations"u8);
            begun = true;
            WriteCitation(writer, citation);
        }

        if (begun)
            writer.WriteEndArray();
    }

    /// <summary>Whether this format can hold the citation: only if it is of a web page.</summary>
    public static bool CanWrite(CitationAnnotation citation) => citation.Url is not null;

    private static void WriteCitation(Utf8JsonWriter writer, CitationAnnotation citation)
    {
        var region = citation.AnnotatedRegions?.OfType<TextSpanAnnotatedRegion>().FirstOrDefault();
        writer.WriteStartObject();
        writer.WriteString("type"u8, "url_citation"u8);
        writer.WriteStartObject("url_citation"u8);
        writer.WriteNumber("start_index"u8, region?.StartIndex ?? 0);
        writer.WriteNumber("end_index"u8, region?.EndIndex ?? 0);
        writer.WriteString("url"u8, citation.Url!.OriginalString);
        writer.WriteString("title"u8, citation.Title ?? "");
        writer.WriteEndObject();
        writer.WriteEndObject();
    }
}
