using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Targets;

namespace Switchyard.Dialects.OpenAIChat;

/// <summary>Writes embedding requests and answers.</summary>
internal static class EmbeddingEncoder
{
    public static void EncodeRequest(
        CanonicalEmbeddingRequest request, EgressTarget target, LossReport losses, IBufferWriter<byte> output)
    {
        using var writer = new Utf8JsonWriter(output, WireJson.WriterOptions);
        var kept = request.Options.AdditionalProperties;
        var fields = new FieldWriter(writer, target.Quirks, losses, kept);
        writer.WriteStartObject();
        writer.WritePropertyName("model"u8);
        writer.WriteRawValue(target.ModelJson.Span, skipInputValidation: true);
        writer.WritePropertyName("input"u8);
        WriteInputs(writer, request.Inputs);
        fields.Integer("dimensions", request.Options.Dimensions);
        // Requested only if the client did: floats are every server's default, but not every server has base64.
        if (request.Base64 && !fields.Refuses("encoding_format"))
            writer.WriteString("encoding_format"u8, "base64"u8);
        foreach (var (name, value) in kept ?? [])
        {
            if (!KeptFields.IsPrefixed(name) && fields.BeginKept(name, value))
                writer.WriteValue(value);
        }

        KeptFields.Write(writer, kept, DialectId.OpenAIChat, losses, "");
        writer.WriteEndObject();
    }

    public static void EncodeAnswer(GeneratedEmbeddings<Embedding<float>> answer, AnswerContext context, IBufferWriter<byte> output)
    {
        using var writer = new Utf8JsonWriter(output, WireJson.WriterOptions);
        writer.WriteStartObject();
        writer.WriteString("object"u8, "list"u8);
        writer.WriteStartArray("data"u8);
        for (var i = 0; i < answer.Count; i++)
        {
            writer.WriteStartObject();
            writer.WriteString("object"u8, "embedding"u8);
            writer.WriteNumber("index"u8, i);
            writer.WritePropertyName("embedding"u8);
            WriteVector(writer, answer[i].Vector.Span, context.Base64Embeddings);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteString("model"u8, answer.Count > 0 && answer[0].ModelId is { Length: > 0 } model ? model : context.Model);
        writer.WritePropertyName("usage"u8);
        var raw = answer.AdditionalProperties.Element(CanonicalKeys.RawUsage);
        UsageWriter.Write(writer, TokenUsage.From(answer.Usage), raw, CallOperation.Embedding);
        AnswerEncoder.WriteOthers(writer, answer.AdditionalProperties, prefix: null);
        writer.WriteEndObject();
    }

    private static void WriteInputs(Utf8JsonWriter writer, IReadOnlyList<EmbeddingInput> inputs)
    {
        if (inputs.Count == 1)
        {
            WriteInput(writer, inputs[0]);
            return;
        }

        writer.WriteStartArray();
        foreach (var input in inputs)
            WriteInput(writer, input);
        writer.WriteEndArray();
    }

    private static void WriteInput(Utf8JsonWriter writer, EmbeddingInput input)
    {
        if (input.Tokens is not { } tokens)
        {
            writer.WriteStringValue(input.Text ?? "");
            return;
        }

        writer.WriteStartArray();
        foreach (var token in tokens)
            writer.WriteNumberValue(token);
        writer.WriteEndArray();
    }

    private static void WriteVector(Utf8JsonWriter writer, ReadOnlySpan<float> vector, bool base64)
    {
        if (!base64)
        {
            writer.WriteStartArray();
            foreach (var number in vector)
                writer.WriteNumberValue(number);
            writer.WriteEndArray();
            return;
        }

        var bytes = ArrayPool<byte>.Shared.Rent(vector.Length * 4);
        for (var i = 0; i < vector.Length; i++)
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * 4), vector[i]);
        writer.WriteBase64StringValue(bytes.AsSpan(0, vector.Length * 4));
        ArrayPool<byte>.Shared.Return(bytes);
    }
}
