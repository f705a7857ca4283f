using System.Text.Json;
using Switchyard.Common;
using Switchyard.Refinement.Edits;
using Switchyard.Refinement.Schemas;

namespace Switchyard.Refinement.Asking;

/// <summary>Reads a model's answer, which may be any text.</summary>
internal static class ProposalReader
{
    private const int MaxLength = 1024 * 1024;
    /// <summary>The maximum number of edits tried: for each the schema is written and read once.</summary>
    public const int MaxEdits = 200;

    private const int MaxReason = 300;

    private static readonly JsonDocumentOptions s_lenient =
        new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };

    /// <summary>Reads the edits of an answer.</summary>
    /// <param name="answer">The answer's text.</param>
    /// <param name="problems">Receives a sentence for each part that was not understood.</param>
    public static List<ProposedEdit> Read(string answer, List<string> problems)
    {
        var edits = new List<ProposedEdit>();
        if (Parse(Unwrap(answer)) is not { } document)
        {
            problems.Add("The model's answer was not JSON with edits; it was not used.");
            return edits;
        }

        using (document)
        {
            var list = document.RootElement is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty("edits", out var found)
                ? found
                : document.RootElement;
            if (list.ValueKind != JsonValueKind.Array)
            {
                problems.Add("The model's answer has no list of edits; it was not used.");
                return edits;
            }

            if (list.GetArrayLength() > MaxEdits)
                problems.Add($"The model proposed {list.GetArrayLength()} edits; only the first {MaxEdits} were considered.");
            foreach (var item in list.EnumerateArray().Take(MaxEdits))
            {
                if (ReadOne(item, out var problem) is { } edit)
                    edits.Add(edit);
                else
                    problems.Add($"An edit was not understood: {problem}.");
            }
        }

        return edits;
    }

    /// <summary>The JSON of an answer, without the code fences and text that models put around it.</summary>
    public static string Unwrap(string answer)
    {
        var text = answer.Trim();
        if (text.StartsWith("```", StringComparison.Ordinal))
        {
            var start = text.IndexOf('\n', StringComparison.Ordinal) + 1;
            var end = text.LastIndexOf("```", StringComparison.Ordinal);
            text = end > start ? text[start..end].Trim() : text[start..].Trim();
        }

        if (text is ['{' or '[', ..])
            return text;
        var (first, last) = (text.IndexOf('{', StringComparison.Ordinal), text.LastIndexOf('}'));
        return first >= 0 && last > first ? text[first..(last + 1)] : text;
    }

    private static JsonDocument? Parse(string text)
    {
        try
        {
            return text.Length > MaxLength ? null : JsonDocument.Parse(text, s_lenient);
        }
        catch (Exception e) when (e is JsonException or ArgumentException or InvalidOperationException)
        {
            // It is not JSON, or not valid Unicode.
            return null;
        }
    }

    private static ProposedEdit? ReadOne(JsonElement item, out string problem)
    {
        try
        {
            return ReadUnicode(item, out problem);
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair as an escape: valid JSON, but no text.
            problem = "it holds text that is not valid Unicode";
            return null;
        }
    }

    private static ProposedEdit? ReadUnicode(JsonElement item, out string problem)
    {
        problem = "it does not name a field and a change";
        if (item.ValueKind != JsonValueKind.Object || TextOf(item, "field") is not { } field || TextOf(item, "change") is not { } change)
            return null;
        problem = $"there is no change '{Clean(change, 40)}'";
        if (ChangeNames.Find(change) is not { } kind)
            return null;
        item.TryGetProperty("value", out var value);
        problem = $"'{Clean(field, 80)}' has no usable value for {change}";
        return ChangeOf(kind, value) is { } read
            ? new ProposedEdit(field, read, Clean(TextOf(item, "reason") ?? "", MaxReason))
            : null;
    }

    private static SchemaChange? ChangeOf(ChangeKind kind, JsonElement value)
    {
        switch (kind)
        {
            case ChangeKind.Minimum or ChangeKind.Maximum or ChangeKind.MinLength or ChangeKind.MaxLength or ChangeKind.MinItems
                or ChangeKind.MaxItems:
                var text = value.ValueKind == JsonValueKind.Number
                    ? value.GetRawText()
                    : value.ValueKind == JsonValueKind.String
                    ? value.GetString()
                    : "";
                return EditRules.ReadNumber(text!) is { } number ? new(kind) { Number = number } : null;
            case ChangeKind.Pattern or ChangeKind.Format:
                return value.ValueKind == JsonValueKind.String ? new(kind) { Text = value.GetString()! } : null;
            case ChangeKind.Enum:
                return TextsOf(value) is { } texts ? new(kind) { Values = texts } : null;
            default:
                return new(kind);
        }
    }

    private static List<string>? TextsOf(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.String)
        {
            if (Parse(value.GetString()!) is not { } inner)
                return null;
            using (inner)
                return inner.RootElement.ValueKind == JsonValueKind.Array ? TextsOf(inner.RootElement) : null;
        }

        return value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String)
            ? [.. value.EnumerateArray().Select(item => item.GetString()!).Distinct(StringComparer.Ordinal)]
            : null;
    }

    private static string? TextOf(JsonElement item, string name) =>
        item.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>Foreign text as one line of limited length, without control characters.</summary>
    public static string Clean(string text, int length)
    {
        var line = string.Concat(text.Take(length).Select(c => char.IsControl(c) ? ' ' : c)).Trim();
        return text.Length > length ? line + "…" : line;
    }
}
