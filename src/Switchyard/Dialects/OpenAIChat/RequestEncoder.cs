using System.Buffers;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Targets;

namespace Switchyard.Dialects.OpenAIChat;

/// <summary>
/// Writes a chat or legacy completion request. The same request gives the same bytes: fields in a fixed order, then additional
/// properties in theirs, so that a provider's prefix cache stays warm.
/// </summary>
internal static class RequestEncoder
{
    public static void Encode(CanonicalChatRequest request, EgressTarget target, LossReport losses, IBufferWriter<byte> output)
    {
        using var writer = new Utf8JsonWriter(output, WireJson.WriterOptions);
        var kept = request.Options.AdditionalProperties;
        var fields = new FieldWriter(writer, target.Quirks, losses, kept);
        writer.WriteStartObject();
        writer.WritePropertyName("model"u8);
        writer.WriteRawValue(target.ModelJson.Span, skipInputValidation: true);
        if (request.Operation == CallOperation.Completion)
        {
            writer.WriteString("prompt"u8, CompletionPrompt.Write(request.Messages));
        }
        else
        {
            writer.WritePropertyName("messages"u8);
            new MessageEncoder(writer, target.Quirks, losses).WriteAll(request.Messages, request.Options.Instructions);
        }

        OptionEncoder.Write(request.Options, target, fields);
        WriteKept(kept, fields, OptionEncoder.StopsReasoning(request.Options, target));
        KeptFields.Write(writer, kept, DialectId.OpenAIChat, losses, "");
        WriteStream(request, fields, kept);
        writer.WriteEndObject();
    }

    private static void WriteKept(AdditionalPropertiesDictionary? kept, FieldWriter fields, bool stopsReasoning)
    {
        if (kept is null)
            return;
        foreach (var (name, value) in kept)
        {
            switch (name)
            {
                case CanonicalKeys.StrictResponseFormat or "strictJsonSchema" or "stream_options":
                    break; // Written where they belong.
                case "model" or "messages" or "stream":
                    fields.Losses.Drop(name);
                    break;
                case "reasoning_effort" when value is JsonElement { ValueKind: JsonValueKind.String }:
                case CanonicalKeys.ReasoningBudget:
                    break; // Written as the effort the model knows.
                case var replaced when stopsReasoning && fields.Quirks.ReasoningOff.TryGetValue(replaced, out var off):
                    if (value is not JsonElement said || !JsonElement.DeepEquals(said, JsonElement.Parse(off)))
                        fields.Losses.Drop(replaced);
                    break;
                case var switched when fields.Refuses(switched) && value is JsonElement asked
                    && ReasoningSwitches.Holds(switched, asked, kept):
                    break; // Written as the effort.
                case var raw when raw.StartsWith(CanonicalKeys.RawPrefix, StringComparison.Ordinal):
                    fields.Losses.Drop(raw);
                    break;
                case var prefixed when KeptFields.IsPrefixed(prefixed):
                    break; // Reported below.
                default:
                    if (fields.BeginKept(name, value))
                        fields.Json.WriteValue(value);
                    break;
            }
        }
    }

    private static void WriteStream(CanonicalChatRequest request, FieldWriter fields, AdditionalPropertiesDictionary? kept)
    {
        var sent = kept.Element("stream_options") is { ValueKind: JsonValueKind.Object } element
            ? element
            : default(JsonElement?);
        if (!request.Stream)
        {
            if (sent is { } withoutStream && fields.BeginKept("stream_options", withoutStream))
                withoutStream.WriteTo(fields.Json);
            return;
        }

        fields.Json.WriteBoolean("stream"u8, true);
        var others = sent is { } own ? own.EnumerateObject().Where(member => member.Name != "include_usage") : [];
        if (!fields.Quirks.StreamOptions || fields.Refuses("stream_options"))
        {
            // Such a provider reports usage unasked, so leaving include_usage out loses nothing; other members are lost.
            if (others.Any())
                fields.Losses.Drop("stream_options");
            return;
        }

        fields.Json.WriteStartObject("stream_options"u8);
        fields.Json.WriteBoolean("include_usage"u8, true);
        foreach (var member in others)
            member.WriteTo(fields.Json);
        fields.Json.WriteEndObject();
    }
}
