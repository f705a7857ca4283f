using System.Buffers;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Targets;

namespace Switchyard.Dialects.Ollama;

/// <summary>
/// Writes a chat (<c>/chat</c>) or a legacy completion (<c>/generate</c>). The same request gives the same bytes: fields in a fixed order,
/// then the format's own in theirs.
/// </summary>
internal static class RequestEncoder
{
    public static void Encode(CanonicalChatRequest request, EgressTarget target, LossReport losses, IBufferWriter<byte> output)
    {
        var options = request.Options;
        UnsupportedOptions.RefuseImpossible(options.AdditionalProperties, target.Provider);
        using var writer = new Utf8JsonWriter(output, WireJson.WriterOptions);
        writer.WriteStartObject();
        writer.WritePropertyName("model"u8);
        writer.WriteRawValue(target.ModelJson.Span, skipInputValidation: true);
        if (request.Operation == CallOperation.Completion)
        {
            WritePrompt(writer, request);
        }
        else
        {
            writer.WriteStartArray("messages"u8);
            new MessageEncoder(writer, target.Provider, losses).WriteAll(request.Messages, options.Instructions);
            writer.WriteEndArray();
            ToolEncoder.Write(writer, options, target.Provider, losses);
        }

        // Always written, because the server streams by default.
        writer.WriteBoolean("stream"u8, request.Stream);
        new OptionEncoder(writer, target, losses).Write(options);
        ReportOthers(request, losses);
        writer.WriteEndObject();
    }

    private static void WritePrompt(Utf8JsonWriter writer, CanonicalChatRequest request)
    {
        if (request.Messages is not [var only] || !only.Contents.All(content => content is TextContent))
        {
            throw new CallException(
                CallErrorKind.InvalidRequest, "A legacy completion takes one text prompt, not a conversation.", "messages");
        }

        writer.WriteString("prompt"u8, only.Text);
        if (UnsupportedOptions.Find(request.Options.AdditionalProperties, "suffix") is { ValueKind: JsonValueKind.String } suffix)
            writer.WriteString("suffix"u8, suffix.GetString());
    }

    private static void ReportOthers(CanonicalChatRequest request, LossReport losses)
    {
        var options = request.Options;
        var completion = request.Operation == CallOperation.Completion;
        KeptFields.ReportUnprefixed(
            options.AdditionalProperties,
            (name, value) => UnsupportedOptions.SaysNothing(name, value) || OptionEncoder.Carries(name, value, options)
                || (completion && name == "suffix" && value.ValueKind == JsonValueKind.String),
            losses,
            "");
        UnsupportedOptions.ReportUnsupported(options, losses);
    }
}
