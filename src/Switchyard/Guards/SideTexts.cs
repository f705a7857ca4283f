using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;

namespace Switchyard.Guards;

/// <summary>
/// Walks over the texts attached to a part of a message: the citations of a text, and the title and context of a file. Copies an object
/// when a text in it is replaced.
/// </summary>
/// <param name="replace">Returns the replacement of a text; the same object for no change.</param>
internal readonly struct SideTexts(TextReplacement replace)
{
    // The members whose text is checked. Addresses, ids and encrypted data are not.
    private static readonly string[] s_ofCitations = ["cited_text", "title", "document_title"];
    private static readonly string[] s_ofFiles = ["title", "context"];
    private static readonly string[] s_ofInputs = ["title"];
    private static readonly string[] s_ofMessages = ["text", "title"];

    /// <summary>
    /// Whether the key holds a message's citations in wire format, outside the text. They name sources and repeat parts of the text.
    /// </summary>
    public static bool IsCited(string key) =>
        key.AsSpan(key.LastIndexOf(':') + 1) is "annotations" or "groundingMetadata";

    /// <summary>Walks the properties of a part; returns the same object if nothing is replaced.</summary>
    /// <param name="kept">The properties.</param>
    /// <param name="isFile">Whether the part is a file, whose wire object may be sent unchanged.</param>
    public AdditionalPropertiesDictionary? WalkKept(AdditionalPropertiesDictionary? kept, bool isFile)
    {
        AdditionalPropertiesDictionary? changed = null;
        foreach (var (key, value) in kept ?? [])
        {
            if (value is JsonElement element && (KeptFields.IsPrefixed(key) || IsCited(key))
                && Changed(key, element, isFile, out var other))
            {
                (changed ??= kept!.Clone())[key] = other;
            }
        }

        return changed ?? kept;
    }

    /// <summary>Walks the citations of a text; returns the same object if nothing is replaced.</summary>
    public IList<AIAnnotation>? WalkCitations(IList<AIAnnotation>? annotations)
    {
        if (annotations is null)
            return null;
        List<AIAnnotation>? changed = null;
        for (var i = 0; i < annotations.Count; i++)
        {
            if (annotations[i] is not CitationAnnotation citation)
                continue;
            var other = Walk(citation);
            if (!ReferenceEquals(other, citation))
                (changed ??= [.. annotations])[i] = other;
        }

        return changed ?? annotations;
    }

    /// <summary>Replaces the texts of some members of a wire object, and of the objects in it.</summary>
    public bool TryReplace(JsonElement value, string[] names, out JsonElement other) => Changed(value, names, isDeep: true, out other);

    /// <summary>Replaces the title of a wire object, and nothing deeper in it.</summary>
    public bool TryReplaceTitle(JsonElement value, out JsonElement other) => Changed(value, s_ofInputs, isDeep: false, out other);

    private CitationAnnotation Walk(CitationAnnotation citation)
    {
        var isTitleChanged = Changed(citation.Title, out var title);
        var isSnippetChanged = Changed(citation.Snippet, out var snippet);
        return !isTitleChanged && !isSnippetChanged
            ? citation
            : new CitationAnnotation
            {
                Title = title,
                Snippet = snippet,
                Url = citation.Url,
                FileId = citation.FileId,
                ToolName = citation.ToolName,
                AnnotatedRegions = citation.AnnotatedRegions,
                AdditionalProperties = WholeContent.Without(citation.AdditionalProperties),
            };
    }

    private bool Changed(string key, JsonElement value, bool isFile, out JsonElement other)
    {
        other = value;
        if (WholeContent.IsWhole(key))
            return isFile && Changed(value, s_ofFiles, isDeep: false, out other);
        if (IsCited(key))
            return Changed(value, s_ofMessages, isDeep: true, out other);
        switch (key[(key.LastIndexOf(':') + 1)..])
        {
            case "citation" or "citations":
                return Changed(value, s_ofCitations, isDeep: false, out other);
            case "title" or "context" when value.ValueKind == JsonValueKind.String && Changed(value.GetString(), out var text):
                other = JsonElement.Parse(WireJson.Quote(text!));
                return true;
            default:
                return false;
        }
    }

    /// <summary>Replaces the texts of some members of an object, or of the objects in a list.</summary>
    /// <param name="value">The object or list.</param>
    /// <param name="names">The members.</param>
    /// <param name="isDeep">Whether to include nested objects.</param>
    /// <param name="other">The value with the replacements.</param>
    private bool Changed(JsonElement value, string[] names, bool isDeep, out JsonElement other)
    {
        other = value;
        if (value.ValueKind == JsonValueKind.Array)
        {
            var isChanged = false;
            var items = new List<string>(value.GetArrayLength());
            foreach (var item in value.EnumerateArray())
            {
                isChanged |= Changed(item, names, isDeep, out var walked);
                items.Add(walked.GetRawText());
            }

            if (isChanged)
                other = Parsed($"[{string.Join(',', items)}]");
            return isChanged;
        }

        if (value.ValueKind != JsonValueKind.Object)
            return false;
        Dictionary<string, object?>? members = null;
        foreach (var member in value.EnumerateObject())
        {
            if (member.IsNamed(names) && member.Value.ValueKind == JsonValueKind.String)
            {
                if (Changed(member.Value.GetString(), out var text))
                    (members ??= Members(value))[member.Name] = text;
            }
            else if (isDeep && Changed(member.Value, names, isDeep, out var within))
            {
                (members ??= Members(value))[member.Name] = within;
            }
        }

        if (members is not null)
            other = Parsed(WireJson.ToJson(members));
        return members is not null;
    }

    private static Dictionary<string, object?> Members(JsonElement value)
    {
        var members = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var member in value.EnumerateObject())
            members[member.Name] = member.Value;
        return members;
    }

    /// <summary>Parses with the depth limit of requests and answers, where the value comes from.</summary>
    private static JsonElement Parsed(string json) =>
        WireJson.TryParse(Encoding.UTF8.GetBytes(json), out var element, out _) ? element : JsonElement.Parse(json);

    private bool Changed(string? text, out string? other)
    {
        other = string.IsNullOrEmpty(text) ? text : replace(text, isJson: false);
        return !ReferenceEquals(other, text);
    }
}
