using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Shared;
using Switchyard.Dialects.Shared.Fields;

namespace Switchyard.Dialects.Gemini;

/// <summary>Writes a candidate, of a whole answer or of a chunk.</summary>
internal static class CandidateEncoder
{
    /// <summary>Whether the content can be written as a part.</summary>
    public static bool HasPart(AIContent content) => content switch
    {
        TextReasoningContent reasoning => reasoning.Text.Length > 0 || ThoughtSignatures.Of(reasoning) is not null,
        TextContent text => text.Text.Length > 0 || ThoughtSignatures.Of(text) is not null,
        DataContent data => !data.Data.IsEmpty,
        FunctionCallContent or UriContent => true,
        _ => KeptFields.RawOf(content.AdditionalProperties, DialectId.Gemini) is not null,
    };

    /// <summary>
    /// Returns the writable contents of one candidate, and the transcripts of its recordings as text. The others are reported.
    /// </summary>
    public static List<AIContent> Take(
        IEnumerable<AIContent> contents, AdditionalPropertiesDictionary? kept, AnswerLosses losses, int index)
    {
        var held = new List<AIContent>();
        Func<AIContent, CitationAnnotation, bool> holdsCitation = HasOwnCitations(kept)
            ? static (_, _) => true
            : static (_, citation) => CitationCodec.CanWrite(citation);
        foreach (var content in contents)
        {
            if (losses.Take(content, Holds(content), holdsCitation, index) is not { } written)
                continue;
            held.Add(written);
            if (written is DataContent && SpokenText.Of(written) is { } said)
                held.Add(new TextContent(said));
        }

        losses.TakeMembers(kept, held.Exists(AnswerLosses.IsCited), holdsLogProbs: true);
        return held;
    }

    private static bool Holds(AIContent content) =>
        content is TextContent or TextReasoningContent or FunctionCallContent or ToolCallFragment or UsageContent or DataContent
            or UriContent
        || KeptFields.RawOf(content.AdditionalProperties, DialectId.Gemini) is not null;

    private static bool HasOwnCitations(AdditionalPropertiesDictionary? kept) =>
        KeptFields.Find(kept, DialectId.Gemini, "citationMetadata") is not null
        || KeptFields.Find(kept, DialectId.Gemini, "groundingMetadata") is not null;

    /// <summary>Writes one candidate.</summary>
    /// <param name="writer">The writer, inside the list.</param>
    /// <param name="index">Its index.</param>
    /// <param name="contents">Its contents; those that cannot be written as parts are left out.</param>
    /// <param name="finish">Its finish reason; null while it has none.</param>
    /// <param name="kept">Its further members.</param>
    /// <param name="message">The explanation of its end; null for none.</param>
    /// <param name="offsets">The offsets of its text so far; null if the contents are all of it.</param>
    public static void Write(
        Utf8JsonWriter writer, int index, IReadOnlyList<AIContent> contents, string? finish, AdditionalPropertiesDictionary? kept,
        string? message = null, TextOffsets? offsets = null)
    {
        writer.WriteStartObject();
        writer.WriteStartObject("content"u8);
        writer.WriteStartArray("parts"u8);
        var wrote = false;
        foreach (var content in contents)
        {
            if (!HasPart(content))
                continue;
            wrote = true;
            PartEncoder.Write(writer, content, (content as FunctionCallContent)?.CallId, ThoughtSignatures.Of(content));
        }

        if (!wrote)
        {
            // Clients read the first part without checking that it exists, and Google's lose a whole turn if one of its chunks has no part.
            writer.WriteStartObject();
            writer.WriteString("text"u8, ""u8);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteString("role"u8, "model"u8);
        writer.WriteEndObject();
        if (finish is not null)
            writer.WriteString("finishReason"u8, finish);
        if (message is not null)
            writer.WriteString("finishMessage"u8, message);
        writer.WriteNumber("index"u8, index);
        if (kept.Element(CanonicalKeys.LogProbs) is { } logProbs)
            LogProbCodec.Write(writer, logProbs);
        foreach (var (name, own) in OptionEncoder.OwnMembers(kept, ""))
        {
            writer.WritePropertyName(name);
            own.WriteTo(writer);
        }

        if (!HasOwnCitations(kept))
            CitationCodec.Write(writer, contents, offsets);
        writer.WriteEndObject();
    }
}
