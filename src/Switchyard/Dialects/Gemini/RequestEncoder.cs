using System.Buffers;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Targets;

namespace Switchyard.Dialects.Gemini;

/// <summary>
/// Writes a chat, or the chat whose tokens are to be counted. The same request gives the same bytes: fields in a fixed order, then
/// additional properties in theirs.
/// </summary>
internal static class RequestEncoder
{
    public static void Encode(CanonicalChatRequest request, EgressTarget target, LossReport losses, IBufferWriter<byte> output)
    {
        using var writer = new Utf8JsonWriter(output, WireJson.WriterOptions);
        writer.WriteStartObject();
        // The developer API counts tools and system text only inside generateContentRequest, which Vertex AI does not have.
        var wraps = request.Operation == CallOperation.CountTokens && !target.Quirks.ModelInPath;
        if (wraps)
        {
            writer.WriteStartObject("generateContentRequest"u8);
            writer.WriteString("model"u8, ModelPath.ResourceOf(target.Model));
        }

        WriteBody(writer, request, target, losses);
        if (wraps)
            writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteBody(Utf8JsonWriter writer, CanonicalChatRequest request, EgressTarget target, LossReport losses)
    {
        var (options, model) = (request.Options, ModelTraits.Of(target));
        var messages = new MessageEncoder(writer, model, losses);
        messages.WriteAll(request);
        var hasTools = ToolEncoder.Write(writer, options, losses);
        ToolEncoder.WriteChoice(writer, options, hasTools, losses);
        var fields = new OptionEncoder(writer, target, model, losses);
        fields.Write(options, messages.ImageDetail);
        messages.ReportDetails();
        WriteServiceTier(writer, options.AdditionalProperties, losses);
        foreach (var (name, value) in OptionEncoder.OwnMembers(options.AdditionalProperties, ""))
        {
            if (name == "toolConfig" || name.StartsWith(OptionEncoder.Prefix, StringComparison.Ordinal))
                continue;
            writer.WritePropertyName(name);
            value.WriteTo(writer);
        }

        fields.ReportUnsupported(options, hasTools);
    }

    private static void WriteServiceTier(Utf8JsonWriter writer, AdditionalPropertiesDictionary? kept, LossReport losses)
    {
        if (kept.Element("service_tier") is not { ValueKind: JsonValueKind.String } tier)
            return;
        switch (tier.GetString())
        {
            case "auto":
                break;
            case "default":
                writer.WriteString("serviceTier"u8, "standard"u8);
                break;
            case "flex" or "priority":
                writer.WriteString("serviceTier"u8, tier.GetString());
                break;
            default:
                losses.Drop("service_tier");
                break;
        }
    }
}
