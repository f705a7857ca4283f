using System.Buffers;
using System.Text.Json;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Targets;

namespace Switchyard.Dialects.OpenAIChat;

/// <summary>Writes rerank requests and answers.</summary>
internal static class RerankEncoder
{
    public static void EncodeRequest(CanonicalRerankRequest request, EgressTarget target, LossReport losses, IBufferWriter<byte> output)
    {
        using var writer = new Utf8JsonWriter(output, WireJson.WriterOptions);
        writer.WriteStartObject();
        writer.WritePropertyName("model"u8);
        writer.WriteRawValue(target.ModelJson.Span, skipInputValidation: true);
        writer.WriteString("query"u8, request.Query);
        writer.WriteStartArray("documents"u8);
        foreach (var document in request.Documents)
        {
            // Each in the form it came in; a server that takes strings only refuses objects itself.
            if (document.Wire is { } wire)
                wire.WriteTo(writer);
            else
                writer.WriteStringValue(document.Text);
        }

        writer.WriteEndArray();
        if (request.TopN is { } wanted)
            writer.WriteNumber(target.Quirks.RerankList ? "top_k"u8 : "top_n"u8, wanted);
        if (request.ReturnDocuments is { } returns)
            writer.WriteBoolean("return_documents"u8, returns);
        foreach (var (name, value) in request.AdditionalProperties ?? [])
        {
            if (KeptFields.IsPrefixed(name))
                continue;
            writer.WritePropertyName(name);
            writer.WriteValue(value);
        }

        KeptFields.Write(writer, request.AdditionalProperties, DialectId.OpenAIChat, losses, path: "");

        writer.WriteEndObject();
    }

    public static void EncodeAnswer(CanonicalRerankAnswer answer, AnswerContext context, IBufferWriter<byte> output)
    {
        using var writer = new Utf8JsonWriter(output, WireJson.WriterOptions);
        if (context.Request is CanonicalRerankRequest { ReadsList: true })
        {
            WriteList(writer, answer, context);
            return;
        }

        writer.WriteStartObject();
        writer.WriteString("id"u8, answer.Id ?? $"rerank-{context.RequestId}");
        writer.WriteString("model"u8, answer.Model ?? context.Model);
        writer.WriteStartArray("results"u8);
        foreach (var result in answer.Results)
        {
            writer.WriteStartObject();
            writer.WriteNumber("index"u8, result.Index);
            writer.WriteNumber("relevance_score"u8, result.Score);
            if (result.Document is { } text)
            {
                writer.WriteStartObject("document"u8);
                writer.WriteString("text"u8, text);
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        if (!answer.Usage.IsEmpty)
        {
            writer.WritePropertyName("usage"u8);
            UsageWriter.Write(writer, answer.Usage, raw: null, CallOperation.Rerank);
        }

        WriteMeta(writer, answer);
        writer.WriteEndObject();
    }

    /// <summary>
    /// Writes the answer in the form of the servers that follow the conventions of embeddings. Their clients require the total.
    /// </summary>
    private static void WriteList(Utf8JsonWriter writer, CanonicalRerankAnswer answer, AnswerContext context)
    {
        writer.WriteStartObject();
        writer.WriteString("object"u8, "list"u8);
        writer.WriteStartArray("data"u8);
        foreach (var result in answer.Results)
        {
            writer.WriteStartObject();
            writer.WriteNumber("index"u8, result.Index);
            writer.WriteNumber("relevance_score"u8, result.Score);
            if (result.Document is { } text)
                writer.WriteString("document"u8, text);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteString("model"u8, answer.Model ?? context.Model);
        writer.WriteStartObject("usage"u8);
        writer.WriteNumber("total_tokens"u8, answer.Usage.Total ?? 0);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    /// <summary>Writes what was billed where the clients of search models look for it. Some refuse an answer without the object.</summary>
    private static void WriteMeta(Utf8JsonWriter writer, CanonicalRerankAnswer answer)
    {
        writer.WriteStartObject("meta"u8);
        if (answer.SearchUnits is { } units)
        {
            writer.WriteStartObject("billed_units"u8);
            writer.WriteNumber("search_units"u8, units);
            writer.WriteEndObject();
        }

        if (answer.Usage.Input is { } tokens)
        {
            writer.WriteStartObject("tokens"u8);
            writer.WriteNumber("input_tokens"u8, tokens);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }
}
