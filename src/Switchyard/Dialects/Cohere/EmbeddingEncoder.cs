using System.Buffers;
using System.Text.Json;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Targets;

namespace Switchyard.Dialects.Cohere;

/// <summary>
/// Writes <c>/embed</c>. The API requires the purpose of the texts: <c>cohere:input_type</c>, or <c>input_type</c> or <c>taskType</c> as
/// other servers call it, else <c>search_document</c>.
/// </summary>
internal static class EmbeddingEncoder
{
    /// <summary>How many texts one request may hold, by the API's reference.</summary>
    public const int MaxTexts = 96;

    private const string Truncate = "truncate";

    /// <exception cref="CallException">An input is a list of token ids.</exception>
    public static void Encode(CanonicalEmbeddingRequest request, EgressTarget target, LossReport losses, IBufferWriter<byte> output)
    {
        using var writer = new Utf8JsonWriter(output, WireJson.WriterOptions);
        var kept = request.Options.AdditionalProperties;
        VectorShape.RefuseOtherTypes(kept, target.Provider);
        writer.WriteStartObject();
        writer.WritePropertyName("model"u8);
        writer.WriteRawValue(target.ModelJson.Span, skipInputValidation: true);
        if (KeptFields.Find(kept, DialectId.Cohere, InputTypes.Name) is null)
        {
            writer.WriteString(InputTypes.Name, InputTypes.Of(kept));
            kept = InputTypes.WithoutTask(kept);
        }

        writer.WriteStartArray("texts"u8);
        for (var i = 0; i < request.Inputs.Count; i++)
        {
            writer.WriteStringValue(request.Inputs[i].Text ?? throw new CallException(
                CallErrorKind.InvalidRequest, $"{target.Provider} embeds texts, not token ids. Send the text itself.",
                $"input[{request.First + i}]"));
        }

        writer.WriteEndArray();
        if (KeptFields.Find(kept, DialectId.Cohere, "embedding_types") is null)
        {
            writer.WriteStartArray("embedding_types"u8);
            writer.WriteStringValue("float"u8);
            writer.WriteEndArray();
        }

        if (VectorShape.SizeOf(request.Options) is { } size)
            writer.WriteNumber("output_dimension"u8, size);
        // Some servers of OpenAI's format have it under the same name, with the same words.
        var cut = KeptFields.Find(kept, DialectId.Cohere, Truncate) is null ? kept.Text(Truncate) : null;
        if (cut is not null)
            writer.WriteString(Truncate, cut);
        KeptFields.Write(writer, kept, DialectId.Cohere, losses, "");
        writer.WriteEndObject();
        KeptFields.ReportUnprefixed(
            kept,
            (name, value) => name == InputTypes.Name || (name == Truncate && cut is not null)
                || VectorShape.IsCarried(name, value, request.Options) || UnsupportedOptions.SaysNothing(name, value),
            losses, "");
    }
}
