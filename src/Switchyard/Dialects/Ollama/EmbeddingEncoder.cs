using System.Buffers;
using System.Text.Json;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Targets;

namespace Switchyard.Dialects.Ollama;

/// <summary>Writes <c>/embed</c>. The server answers in numbers; the client's dialect writes base64 where it was asked for.</summary>
internal static class EmbeddingEncoder
{
    private const string Truncate = "truncate";

    /// <exception cref="CallException">An input is given as token ids.</exception>
    public static void Encode(CanonicalEmbeddingRequest request, EgressTarget target, LossReport losses, IBufferWriter<byte> output)
    {
        using var writer = new Utf8JsonWriter(output, WireJson.WriterOptions);
        var kept = request.Options.AdditionalProperties;
        VectorShape.RefuseOtherTypes(kept, target.Provider);
        writer.WriteStartObject();
        writer.WritePropertyName("model"u8);
        writer.WriteRawValue(target.ModelJson.Span, skipInputValidation: true);
        writer.WriteStartArray("input"u8);
        for (var i = 0; i < request.Inputs.Count; i++)
        {
            writer.WriteStringValue(request.Inputs[i].Text ?? throw new CallException(
                CallErrorKind.InvalidRequest, $"{target.Provider} embeds texts, not token ids. Send the text itself.",
                $"input[{request.First + i}]"));
        }

        writer.WriteEndArray();
        if (VectorShape.SizeOf(request.Options) is { } size)
            writer.WriteNumber("dimensions"u8, size);
        var cuts = KeptFields.Find(kept, DialectId.Ollama, Truncate) is null && kept.Element(Truncate) is { } sent ? Flag(sent) : null;
        if (cuts is { } isCut)
            writer.WriteBoolean(Truncate, isCut);
        KeptFields.Write(writer, kept, DialectId.Ollama, losses, "");
        writer.WriteEndObject();
        KeptFields.ReportUnprefixed(
            kept,
            (name, value) => (name == Truncate && cuts is not null) || VectorShape.IsCarried(name, value, request.Options)
                || UnsupportedOptions.SaysNothing(name, value),
            losses, "");
    }

    /// <summary>Some servers of OpenAI's format have words for what to cut, which this one has not.</summary>
    private static bool? Flag(JsonElement sent) => sent.ValueKind is JsonValueKind.True or JsonValueKind.False ? sent.GetBoolean() : null;
}
