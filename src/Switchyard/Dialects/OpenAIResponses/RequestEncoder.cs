using System.Buffers;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Targets;

namespace Switchyard.Dialects.OpenAIResponses;

/// <summary>
/// Writes a request. The same request gives the same bytes. A client of another format keeps the conversation itself, so for it nothing
/// is stored (<c>store:false</c>) and a reasoning model is asked for the encrypted reasoning that such a client can bring back.
/// </summary>
internal static class RequestEncoder
{
    public static void Encode(CanonicalChatRequest request, EgressTarget target, LossReport losses, IBufferWriter<byte> output)
    {
        using var writer = new Utf8JsonWriter(output, WireJson.WriterOptions);
        var options = request.Options;
        var kept = options.AdditionalProperties;
        var fields = new FieldWriter(writer, target.Quirks, losses);
        RefuseShapes(kept);
        writer.WriteStartObject();
        writer.WritePropertyName("model"u8);
        writer.WriteRawValue(target.ModelJson.Span, skipInputValidation: true);
        if (Own(kept, "instructions") is { } instructions)
            fields.Element("instructions", instructions);
        else if (!string.IsNullOrEmpty(options.Instructions))
            fields.Text("instructions", options.Instructions);
        var isNative = kept?.ContainsKey(ItemKeys.Native) == true;
        if (!isNative || request.Messages.Count > 0)
        {
            writer.WritePropertyName("input"u8);
            new ItemEncoder(writer, losses, target.IsFallbackFromAnotherProvider, isNative).WriteAll(request.Messages);
        }

        OptionEncoder.Write(request, target, fields, isNative);
        OptionEncoder.WriteOwn(kept, fields, request.Operation);
        writer.WriteEndObject();
    }

    private static JsonElement? Own(AdditionalPropertiesDictionary? kept, string name) =>
        KeptFields.Find(kept, DialectId.OpenAIResponses, name);

    /// <summary>Refuses options without which the answer would have another shape than the client expects.</summary>
    private static void RefuseShapes(AdditionalPropertiesDictionary? kept)
    {
        if (Kept(kept, "n") is { ValueKind: JsonValueKind.Number } n && WireJson.WholeNumber(n) != 1)
        {
            throw new CallException(
                CallErrorKind.InvalidRequest,
                "The chosen model's API gives one answer a request. Leave 'n' out, or send the request several times.", "n");
        }

        if (Kept(kept, "modalities") is { ValueKind: JsonValueKind.Array } modalities
            && modalities.EnumerateArray().Any(kind => kind.ValueKind == JsonValueKind.String && !kind.ValueEquals("text"u8)))
        {
            throw new CallException(
                CallErrorKind.InvalidRequest,
                "The chosen model's API answers in text. Leave everything else out of 'modalities', or choose another model.",
                "modalities");
        }
    }

    internal static JsonElement? Kept(AdditionalPropertiesDictionary? kept, string name) =>
        kept.Element(name) is { ValueKind: not (JsonValueKind.Null or JsonValueKind.Undefined) } element
            ? element
            : null;
}
