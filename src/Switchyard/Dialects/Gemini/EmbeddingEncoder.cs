using System.Buffers;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Targets;

namespace Switchyard.Dialects.Gemini;

/// <summary>Writes embedding requests, always as a batch, and embedding answers.</summary>
internal static class EmbeddingEncoder
{
    /// <summary>How many texts one batch may hold: the API refuses more.</summary>
    public const int MaxTexts = 100;

    public static void EncodeRequest(
        CanonicalEmbeddingRequest request, EgressTarget target, LossReport losses, IBufferWriter<byte> output)
    {
        var kept = request.Options.AdditionalProperties;
        var size = VectorShape.SizeOf(request.Options);
        var task = TaskOf(kept, target);
        VectorShape.RefuseOtherTypes(kept, target.Provider);
        KeptFields.ReportForeign(kept, DialectId.Gemini, losses, "");
        KeptFields.ReportUnprefixed(
            kept,
            (name, value) => value.ValueKind == JsonValueKind.Null || (task is not null && name == InputTypes.Name)
                || VectorShape.IsCarried(name, value, request.Options),
            losses, "");
        using var writer = new Utf8JsonWriter(output, WireJson.WriterOptions);
        writer.WriteStartObject();
        writer.WriteStartArray("requests"u8);
        for (var i = 0; i < request.Inputs.Count; i++)
        {
            var at = request.First + i;
            var text = request.Inputs[i].Text ?? throw RequestErrors.InvalidValue(
                $"input[{at}]", $"Invalid 'input[{at}]': this provider embeds text and takes no token ids. Send the text itself.");
            var wire = request.Inputs[i].Wire;
            writer.WriteStartObject();
            writer.WriteString("model"u8, ModelPath.ResourceOf(target.Model));
            WriteContent(writer, text, wire?.Field("content"));
            foreach (var (name, value) in OptionEncoder.OwnMembers(kept, ""))
            {
                if (name.StartsWith(EmbeddingDecoder.OfEach, StringComparison.Ordinal))
                    continue;
                writer.WritePropertyName(name);
                value.WriteTo(writer);
            }

            if (wire?.Field("title") is { } title && KeptFields.Find(kept, DialectId.Gemini, "title") is null)
            {
                writer.WritePropertyName("title"u8);
                title.WriteTo(writer);
            }

            if (task is not null)
                writer.WriteString(InputTypes.Task, task);
            if (size is { } wanted)
                writer.WriteNumber("outputDimensionality"u8, wanted);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    /// <summary>
    /// The task that other servers' clients name as <c>input_type</c>, unless the request has one of this format. From the second
    /// generation on, the models take it as a part of the text instead.
    /// </summary>
    private static string? TaskOf(AdditionalPropertiesDictionary? kept, EgressTarget target) =>
        KeptFields.Find(kept, DialectId.Gemini, InputTypes.Task) is not null
        || target.Model.Contains("embedding-2", StringComparison.OrdinalIgnoreCase)
            ? null
            : InputTypes.TaskOf(kept);

    /// <summary>Writes the content as it came or, where a guard has changed its text, the new text and its files.</summary>
    private static void WriteContent(Utf8JsonWriter writer, string text, JsonElement? wire)
    {
        List<JsonElement> files = [];
        if (wire is { ValueKind: JsonValueKind.Object } content)
        {
            (var said, files) = EmbeddingDecoder.ReadContent(content, "content");
            if (said == text)
            {
                writer.WritePropertyName("content"u8);
                content.WriteTo(writer);
                return;
            }
        }

        writer.WriteStartObject("content"u8);
        writer.WriteStartArray("parts"u8);
        writer.WriteStartObject();
        writer.WriteString("text"u8, text);
        writer.WriteEndObject();
        foreach (var file in files)
            file.WriteTo(writer);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    public static void EncodeAnswer(GeneratedEmbeddings<Embedding<float>> answer, AnswerContext context, IBufferWriter<byte> output)
    {
        using var writer = new Utf8JsonWriter(output, WireJson.WriterOptions);
        writer.WriteStartObject();
        if (context.AnswerForm == AnswerForms.Single)
        {
            writer.WritePropertyName("embedding"u8);
            WriteVector(writer, answer.Count > 0 ? answer[0] : new Embedding<float>(default));
        }
        else
        {
            writer.WriteStartArray("embeddings"u8);
            foreach (var embedding in answer)
                WriteVector(writer, embedding);
            writer.WriteEndArray();
        }

        UsageWriter.Write(writer, TokenUsage.From(answer.Usage));
        writer.WriteEndObject();
    }

    private static void WriteVector(Utf8JsonWriter writer, Embedding<float> embedding)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("values"u8);
        foreach (var number in embedding.Vector.Span)
            writer.WriteNumberValue(number);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
