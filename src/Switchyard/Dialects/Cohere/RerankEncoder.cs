using System.Buffers;
using System.Text.Json;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Targets;

namespace Switchyard.Dialects.Cohere;

/// <summary>
/// Writes <c>/rerank</c>. Documents are texts; the answer names them by position, and a client that wants them back gets them from its own
/// request.
/// </summary>
internal static class RerankEncoder
{
    public static void Encode(CanonicalRerankRequest request, EgressTarget target, LossReport losses, IBufferWriter<byte> output)
    {
        using var writer = new Utf8JsonWriter(output, WireJson.WriterOptions);
        var kept = request.AdditionalProperties;
        writer.WriteStartObject();
        writer.WritePropertyName("model"u8);
        writer.WriteRawValue(target.ModelJson.Span, skipInputValidation: true);
        writer.WriteString("query"u8, request.Query);
        writer.WriteStartArray("documents"u8);
        for (var i = 0; i < request.Documents.Count; i++)
            WriteDocument(writer, request.Documents[i], $"documents[{i}]", losses);
        writer.WriteEndArray();
        if (request.TopN is { } top)
            writer.WriteNumber("top_n"u8, top);
        foreach (var name in new[] { "max_tokens_per_doc", "priority" })
        {
            if (IsCarried(name, kept) && UnsupportedOptions.Find(kept, name) is { } value)
            {
                writer.WritePropertyName(name);
                value.WriteTo(writer);
            }
        }

        KeptFields.Write(writer, kept, DialectId.Cohere, losses, "");
        writer.WriteEndObject();
        KeptFields.ReportUnprefixed(kept, (name, value) => value.ValueKind == JsonValueKind.Null || IsCarried(name, kept), losses, "");
    }

    /// <summary>Whether it is one of the two fields written under the API's own name; under this format's prefix they win.</summary>
    private static bool IsCarried(string name, Microsoft.Extensions.AI.AdditionalPropertiesDictionary? kept) =>
        name is "max_tokens_per_doc" or "priority" && KeptFields.Find(kept, DialectId.Cohere, name) is null;

    private static void WriteDocument(Utf8JsonWriter writer, RerankDocument document, string path, LossReport losses)
    {
        writer.WriteStringValue(document.Text);
        if (document.Wire is not { ValueKind: JsonValueKind.Object } wire)
            return;
        foreach (var member in wire.EnumerateObject())
        {
            if (!member.NameEquals("text"))
                losses.Drop($"{path}.{member.Name}");
        }
    }
}
