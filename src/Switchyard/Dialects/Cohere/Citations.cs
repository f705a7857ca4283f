using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.Cohere;

/// <summary>Reads citations: a span of the answer, and the documents or tool results it rests on.</summary>
internal static class Citations
{
    /// <summary>One annotation per source; a citation without sources becomes one as well.</summary>
    public static IEnumerable<CitationAnnotation> Read(JsonElement citation)
    {
        if (citation.ValueKind != JsonValueKind.Object)
            yield break;
        var any = false;
        if (citation.Member("sources") is { ValueKind: JsonValueKind.Array } sources)
        {
            foreach (var source in sources.EnumerateArray())
            {
                any = true;
                yield return Of(citation, source);
            }
        }

        if (!any)
            yield return Of(citation, default);
    }

    /// <summary>Which of the answer's contents it is about: the position in <c>content</c>.</summary>
    public static long ContentIndex(JsonElement citation) => citation.Integer("content_index") ?? 0;

    /// <summary>Whether it is about the answer's text rather than its thinking or plan.</summary>
    public static bool IsOfText(JsonElement citation) => citation.Text("type") is null or "TEXT_CONTENT";

    private static CitationAnnotation Of(JsonElement citation, JsonElement source)
    {
        var origin = source.Member("document") ?? source.Member("tool_output");
        return new CitationAnnotation
        {
            FileId = source.Text("id"),
            Title = origin?.Text("title"),
            Url = Uri.TryCreate(origin?.Text("url"), UriKind.Absolute, out var url) ? url : null,
            Snippet = citation.Text("text"),
            AnnotatedRegions = [new TextSpanAnnotatedRegion { StartIndex = citation.Place("start"), EndIndex = citation.Place("end") }],
            AdditionalProperties = new() { [CanonicalKeys.Raw(DialectId.Cohere)] = citation },
        };
    }
}
