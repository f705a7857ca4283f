using System.Buffers;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;
using Switchyard.Dialects.Shared.Fields;

namespace Switchyard.Dialects.Gemini;

/// <summary>Writes a whole answer.</summary>
internal static class AnswerEncoder
{
    public static void Encode(ChatResponse response, AnswerContext context, IBufferWriter<byte> output)
    {
        using var writer = new Utf8JsonWriter(output, WireJson.WriterOptions);
        var losses = new AnswerLosses(context, DialectId.Gemini);
        losses.Members(response.AdditionalProperties, isCited: false);
        writer.WriteStartObject();
        writer.WriteStartArray("candidates"u8);
        foreach (var (index, messages) in Candidates(response.Messages))
        {
            var last = messages[^1].AdditionalProperties;
            var finish = last?.TryGetValue(CanonicalKeys.FinishReason, out var own) == true && own is ChatFinishReason reason
                ? reason
                : response.FinishReason;
            var contents = messages.SelectMany(message => message.Contents);
            var held = CandidateEncoder.Take(contents, last, losses, index);
            CandidateEncoder.Write(writer, index, held, FinishReasons.Write(finish, Native(last)), last);
        }

        writer.WriteEndArray();
        UsageWriter.Write(writer, TokenUsage.From(response.Usage));
        writer.WriteString("modelVersion"u8, response.ModelId is { Length: > 0 } model ? model : context.Model);
        writer.WriteString("responseId"u8, response.ResponseId is { Length: > 0 } id ? id : context.AnswerId);
        WriteMembers(writer, response.AdditionalProperties);
        writer.WriteEndObject();
    }

    /// <summary>Writes the further members of an answer, beside its candidates.</summary>
    public static void WriteMembers(Utf8JsonWriter writer, AdditionalPropertiesDictionary? kept)
    {
        foreach (var (name, value) in OptionEncoder.OwnMembers(kept, ""))
        {
            if (name == "usageMetadata")
                continue;
            writer.WritePropertyName(name);
            value.WriteTo(writer);
        }
    }

    public static void EncodeCount(CanonicalTokenCount count, IBufferWriter<byte> output)
    {
        using var writer = new Utf8JsonWriter(output, WireJson.WriterOptions);
        writer.WriteStartObject();
        writer.WriteNumber("totalTokens"u8, count.InputTokens);
        writer.WriteEndObject();
    }

    /// <summary>The provider's own finish reason; null if it has none.</summary>
    public static string? Native(AdditionalPropertiesDictionary? kept) =>
        kept.Element(CandidateMembers.NativeFinishReason) is { ValueKind: JsonValueKind.String } word
            ? word.GetString()
            : null;

    /// <summary>The messages by candidate: answers of other formats may spread one over several messages.</summary>
    private static SortedDictionary<int, List<ChatMessage>> Candidates(IList<ChatMessage> messages)
    {
        var candidates = new SortedDictionary<int, List<ChatMessage>>();
        foreach (var message in messages)
        {
            var index = AnswerLosses.ChoiceOf(message.AdditionalProperties);
            if (!candidates.TryGetValue(index, out var list))
                candidates[index] = list = [];
            list.Add(message);
        }

        return candidates;
    }
}
