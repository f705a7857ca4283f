using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Fields;

namespace Switchyard.Guards;

/// <summary>
/// Walks over the texts attached to an answer, a message or a part of one: citations, the title and context of a file, and members that no
/// property holds, such as the details of reasoning. Copies an object when a text in it is replaced.
/// </summary>
/// <param name="replace">Returns the replacement of a text; the same object for no change.</param>
internal readonly struct SideTexts(TextReplacement replace)
{
    // The members of files and inputs whose text is checked.
    private static readonly string[] s_ofFiles = ["title", "context", "displayName", "display_name", "filename", "revised_prompt"];
    private static readonly string[] s_ofInputs = ["title"];

    // The conditions of a search, and the member of a condition whose text is checked as well: a text or a list of texts.
    private const string Filters = "filters";
    private const string OfFilters = "value";

    // Of members that no property holds, those that are no text: kinds, ids, reasons, addresses, signatures and data.
    private static readonly string[] s_notText =
    [
        "id", "type", "role", "status", "object", "format", "detail", "phase", "caller", "cache_control", "index", "model",
        "call_id", "file_id", "fileId", "container", "container_id", "mime_type", "mimeType", "media_type",
        "url", "uri", "fileUri", "image_url", "retrievedUrl", "data", "b64_json", "bytes", "signature", "thoughtSignature",
        "thought_signature", "encrypted_content", "encrypted_index", "extra_content", CanonicalKeys.LogProbs,
        "finish_reason", "finishReason", "native_finish_reason", "stop_reason", "provider", "service_tier", "system_fingerprint",
        "safetyRatings", "content_filter_results", "prompt_filter_results",
    ];

    private static readonly string[] s_signatures = ["signature", "thoughtSignature", "thought_signature"];

    // Members of an answer that repeat the request, whose texts guards of requests have seen.
    private static readonly string[] s_echoes =
    [
        "instructions", "prompt", "metadata", "user", "safety_identifier", "prompt_cache_key", "tools", "tool_choice", "text", "reasoning",
    ];

    // An answer of this format repeats most fields of its request.
    private static readonly string s_ofResponses = CanonicalKeys.Own(DialectId.OpenAIResponses, "");

    /// <summary>Whether the key of an answer's member holds a part of the request.</summary>
    public static bool IsEcho(string key) =>
        s_echoes.Contains(key, StringComparer.Ordinal) || key.StartsWith(s_ofResponses, StringComparison.OrdinalIgnoreCase);

    /// <summary>Walks the properties of a part; returns the same object if nothing is replaced.</summary>
    /// <param name="kept">The properties.</param>
    /// <param name="isFile">Whether the part is a file, whose wire object may be sent unchanged.</param>
    public AdditionalPropertiesDictionary? WalkKept(AdditionalPropertiesDictionary? kept, bool isFile)
    {
        AdditionalPropertiesDictionary? changed = null;
        foreach (var (key, value) in kept ?? [])
        {
            if (value is JsonElement element && Changed(key, element, isFile, out var other))
                (changed ??= kept!.Clone())[key] = other;
        }

        return changed ?? kept;
    }

    /// <summary>Walks the members of an answer that no property holds; returns the same object if nothing is replaced.</summary>
    public AdditionalPropertiesDictionary? WalkAnswer(AdditionalPropertiesDictionary? kept)
    {
        AdditionalPropertiesDictionary? changed = null;
        foreach (var (key, value) in kept ?? [])
        {
            if (value is JsonElement element && !IsEcho(key) && Changed(key, element, isFile: false, out var other))
                (changed ??= kept!.Clone())[key] = other;
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
            return isFile && Changed(value, s_ofFiles, isDeep: true, out other);
        // A member of a wire object is kept under its path.
        var name = key.AsSpan(key.AsSpan().LastIndexOfAny(':', '.') + 1);
        foreach (var notText in s_notText)
        {
            if (name.SequenceEqual(notText))
                return false;
        }

        return ChangedWithin(value, out other);
    }

    /// <summary>Replaces all texts in a value, except for members that hold none.</summary>
    private bool ChangedWithin(JsonElement value, out JsonElement other)
    {
        other = value;
        if (value.ValueKind == JsonValueKind.String)
        {
            if (!IsChanged(value, out var text))
                return false;
            other = JsonElement.Parse(WireJson.Quote(text));
            return true;
        }

        if (value.ValueKind is not (JsonValueKind.Array or JsonValueKind.Object))
            return false;
        // Most values have nothing to replace, and some hold megabytes of audio: they are copied only for a replacement.
        var (texts, replaced) = (0, default(Dictionary<int, string>));
        Find(value, ref texts, ref replaced);
        if (replaced is null)
            return false;
        // Written in one pass: a copy at each level would take time in proportion to depth and size.
        var output = new ArrayBufferWriter<byte>();
        var next = 0;
        using (var writer = new Utf8JsonWriter(output, WireJson.WriterOptions))
            Write(writer, value, replaced, ref next);
        other = Parsed(output.WrittenSpan);
        return true;
    }

    /// <summary>Finds the replacements of the texts in a value, by the number of the text in the order of <see cref="Write"/>.</summary>
    private void Find(JsonElement value, ref int texts, ref Dictionary<int, string>? replaced)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                if (IsChanged(value, out var text))
                    (replaced ??= [])[texts] = text;
                texts++;
                break;
            case JsonValueKind.Array:
                foreach (var item in value.EnumerateArray())
                    Find(item, ref texts, ref replaced);
                break;
            case JsonValueKind.Object:
                foreach (var member in value.EnumerateObject())
                {
                    if (!member.IsNamed(s_signatures) && !member.IsNamed(s_notText))
                        Find(member.Value, ref texts, ref replaced);
                }

                break;
        }
    }

    /// <summary>Writes a value with its texts replaced.</summary>
    /// <returns>Whether any text was.</returns>
    private static bool Write(Utf8JsonWriter writer, JsonElement value, Dictionary<int, string> replaced, ref int texts)
    {
        var isChanged = false;
        switch (value.ValueKind)
        {
            case JsonValueKind.String when replaced.TryGetValue(texts++, out var text):
                writer.WriteStringValue(text);
                return true;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in value.EnumerateArray())
                    isChanged |= Write(writer, item, replaced, ref texts);
                writer.WriteEndArray();
                return isChanged;
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in value.EnumerateObject())
                {
                    if (member.IsNamed(s_signatures))
                        continue;
                    writer.WritePropertyName(member.Name);
                    if (member.IsNamed(s_notText))
                        member.Value.WriteTo(writer);
                    else
                        isChanged |= Write(writer, member.Value, replaced, ref texts);
                }

                // A signature covers the original text only, so it is dropped with it.
                if (!isChanged)
                    WriteSignatures(writer, value);
                writer.WriteEndObject();
                return isChanged;
            default:
                value.WriteTo(writer);
                return false;
        }
    }

    private static void WriteSignatures(Utf8JsonWriter writer, JsonElement value)
    {
        foreach (var member in value.EnumerateObject())
        {
            if (member.IsNamed(s_signatures))
                member.WriteTo(writer);
        }
    }

    private bool IsChanged(JsonElement value, out string text)
    {
        text = value.GetString()!;
        if (IsAddress(text) || !Changed(text, out var other))
            return false;
        text = other!;
        return true;
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
            var items = new List<JsonElement>(value.GetArrayLength());
            foreach (var item in value.EnumerateArray())
            {
                isChanged |= Changed(item, names, isDeep, out var walked);
                items.Add(walked);
            }

            if (isChanged)
                other = Parsed($"[{string.Join(',', items.Select(item => item.GetRawText()))}]");
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
            else if (isDeep && ChangedDeeper(member, names, out var within))
            {
                (members ??= Members(value))[member.Name] = within;
            }
        }

        if (members is not null)
            other = Parsed(WireJson.ToJson(members));
        return members is not null;
    }

    private bool ChangedDeeper(JsonProperty member, string[] names, out JsonElement within)
    {
        var isOfFilters = Array.IndexOf(names, OfFilters) >= 0;
        if (isOfFilters && member.NameEquals(OfFilters))
            return ChangedWithin(member.Value, out within);
        return Changed(
            member.Value, !isOfFilters && member.NameEquals(Filters) ? [.. names, OfFilters] : names, isDeep: true, out within);
    }

    private static bool IsAddress(string text) =>
        (text.StartsWith("http", StringComparison.OrdinalIgnoreCase) && Uri.IsWellFormedUriString(text, UriKind.Absolute))
        || text.StartsWith("data:", StringComparison.OrdinalIgnoreCase);

    private static Dictionary<string, object?> Members(JsonElement value)
    {
        var members = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var member in value.EnumerateObject())
            members[member.Name] = member.Value;
        return members;
    }

    /// <summary>Parses with the depth limit of requests and answers, where the value comes from.</summary>
    private static JsonElement Parsed(string json) => Parsed(Encoding.UTF8.GetBytes(json));

    private static JsonElement Parsed(ReadOnlySpan<byte> json) =>
        WireJson.TryParse(json, out var element, out _) ? element : JsonElement.Parse(json);

    private bool Changed(string? text, out string? other)
    {
        other = string.IsNullOrEmpty(text) ? text : replace(text, isJson: false);
        return !ReferenceEquals(other, text);
    }
}
