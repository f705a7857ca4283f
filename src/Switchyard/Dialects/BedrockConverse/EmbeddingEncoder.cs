using System.Buffers;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Targets;

namespace Switchyard.Dialects.BedrockConverse;

/// <summary>Writes embedding requests, which go to a model in its own format: one shape for Titan, one for Cohere.</summary>
internal static class EmbeddingEncoder
{
    /// <summary>How many texts a model embeds in one request; null if it is not known.</summary>
    public static int? MostTexts(string model) => ModelFamilies.Of(model) switch
    {
        ModelFamily.TitanEmbedding => 1,
        ModelFamily.CohereEmbedding => 96,
        _ => null,
    };

    public static void Encode(CanonicalEmbeddingRequest request, EgressTarget target, LossReport losses, IBufferWriter<byte> output)
    {
        var texts = request.Inputs.Select(input => input.Text ?? throw Refused(
            $"{target.Provider} embeds texts, not token ids. Send the text itself.")).ToList();
        var family = ModelFamilies.Of(target.Model);
        VectorShape.RefuseOtherTypes(request.Options.AdditionalProperties, target.Provider);
        using var writer = new Utf8JsonWriter(output, WireJson.WriterOptions);
        writer.WriteStartObject();
        switch (family)
        {
            case ModelFamily.CohereEmbedding:
                WriteCohere(writer, request, texts);
                break;
            case ModelFamily.TitanEmbedding when texts.Count == 1:
                WriteTitan(writer, request, texts[0], target, losses);
                break;
            case ModelFamily.TitanEmbedding:
                throw Refused(
                    $"'{target.Model}' embeds one text a request, and this one has {texts.Count}. "
                        + "Send each by itself, or choose a model of another vendor.");
            default:
                throw Refused($"How to ask '{target.Model}' for embeddings is not known. Titan's and Cohere's models can be asked.");
        }

        KeptFields.Write(writer, WithoutInputType(request.Options.AdditionalProperties, family), DialectId.BedrockConverse, losses, "");
        writer.WriteEndObject();
        KeptFields.ReportUnprefixed(
            request.Options.AdditionalProperties,
            (name, value) => value.ValueKind == JsonValueKind.Null
                || (family == ModelFamily.CohereEmbedding && name is InputTypes.Name or "truncate")
                || VectorShape.IsCarried(name, value, request.Options),
            losses, "");
    }

    private static void WriteTitan(
        Utf8JsonWriter writer, CanonicalEmbeddingRequest request, string text, EgressTarget target, LossReport losses)
    {
        writer.WriteString("inputText"u8, text);
        if (VectorShape.SizeOf(request.Options) is not { } size)
            return;
        // The first Titan model has only one vector size.
        if (target.Model.Contains("-v1", StringComparison.Ordinal))
            losses.Drop(request.Options.Dimensions is null ? VectorShape.Size : "dimensions");
        else
            writer.WriteNumber("dimensions"u8, size);
    }

    private static void WriteCohere(Utf8JsonWriter writer, CanonicalEmbeddingRequest request, List<string> texts)
    {
        writer.WriteStartArray("texts"u8);
        foreach (var text in texts)
            writer.WriteStringValue(text);
        writer.WriteEndArray();
        WriteInputType(writer, request.Options.AdditionalProperties);
        if (Text(request.Options.AdditionalProperties, "truncate") is { } truncate)
            writer.WriteString("truncate"u8, truncate);
        if (VectorShape.SizeOf(request.Options) is { } size)
            writer.WriteNumber("output_dimension"u8, size);
    }

    /// <summary>
    /// Writes the purpose of the texts, which the model requires: the vendor's own field, else <c>input_type</c> or <c>taskType</c> as
    /// other servers call it, else <c>search_document</c>.
    /// </summary>
    private static void WriteInputType(Utf8JsonWriter writer, AdditionalPropertiesDictionary? kept)
    {
        // This format's own field is written with the others of its kind.
        if (KeptFields.Find(kept, DialectId.BedrockConverse, InputTypes.Name) is not null)
            return;
        writer.WritePropertyName(InputTypes.Name);
        if (KeptFields.Find(kept, DialectId.Cohere, InputTypes.Name) is { } own)
        {
            own.WriteTo(writer);
            return;
        }

        writer.WriteStringValue(InputTypes.Of(kept));
    }

    /// <summary>The kept fields but for that of the purpose, where it has been written under another name than this format's.</summary>
    private static AdditionalPropertiesDictionary? WithoutInputType(AdditionalPropertiesDictionary? kept, ModelFamily family)
    {
        if (kept is null || family != ModelFamily.CohereEmbedding
            || KeptFields.Find(kept, DialectId.BedrockConverse, InputTypes.Name) is not null)
        {
            return kept;
        }

        if (KeptFields.Find(kept, DialectId.Cohere, InputTypes.Name) is null)
            return InputTypes.WithoutTask(kept);
        var others = new AdditionalPropertiesDictionary(kept);
        others.Remove(CanonicalKeys.Own(DialectId.Cohere, InputTypes.Name));
        return others;
    }

    private static string? Text(AdditionalPropertiesDictionary? kept, string name) =>
        kept.Element(name) is { ValueKind: JsonValueKind.String } text
            ? text.GetString()
            : null;

    private static CallException Refused(string message) => new(CallErrorKind.InvalidRequest, message, "input");
}
