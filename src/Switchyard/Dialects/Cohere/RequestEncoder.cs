using System.Buffers;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Targets;

namespace Switchyard.Dialects.Cohere;

/// <summary>Writes a chat. The same request gives the same bytes: fields in a fixed order, then the format's own in theirs.</summary>
internal static class RequestEncoder
{
    /// <exception cref="CallException">The request asks for something that this API cannot provide.</exception>
    public static void Encode(CanonicalChatRequest request, EgressTarget target, LossReport losses, IBufferWriter<byte> output)
    {
        var options = request.Options;
        UnsupportedOptions.RefuseImpossible(options.AdditionalProperties, target.Provider);
        using var writer = new Utf8JsonWriter(output, WireJson.WriterOptions);
        writer.WriteStartObject();
        writer.WritePropertyName("model"u8);
        writer.WriteRawValue(target.ModelJson.Span, skipInputValidation: true);
        writer.WriteStartArray("messages"u8);
        new MessageEncoder(writer, target.Provider, losses).WriteAll(request.Messages, options.Instructions);
        writer.WriteEndArray();
        var hasTools = ToolEncoder.Write(writer, options, losses);
        new OptionEncoder(writer, target, hasTools, losses).Write(options);
        writer.WriteBoolean("stream"u8, request.Stream);
        KeptFields.Write(writer, options.AdditionalProperties, DialectId.Cohere, losses, "");
        writer.WriteEndObject();
        KeptFields.ReportUnprefixed(
            options.AdditionalProperties,
            (name, value) => UnsupportedOptions.SaysNothing(name, value) || OptionEncoder.Carries(name, value, options), losses, "");
        UnsupportedOptions.ReportUnsupported(options, losses);
    }
}
