using System.Buffers;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Targets;

namespace Switchyard.Dialects.AnthropicMessages;

/// <summary>
/// Writes a request, or one whose tokens are to be counted. The same request gives the same bytes: fields in a fixed order, so that a
/// provider's prefix cache stays warm.
/// </summary>
internal static class RequestEncoder
{
    public static void Encode(CanonicalChatRequest request, EgressTarget target, LossReport losses, IBufferWriter<byte> output)
    {
        request = StreamedCitations.Join(request);
        var options = request.Options;
        var conversation = Conversation.Of(request, losses);
        SendableTurns.Keep(conversation, losses);
        RefusedOptions.Check(options);
        var tools = ToolPlan.Of(options, target, losses);
        var thinking = ThinkingPlan.Of(request, conversation, target.Facts, tools.ForcesCall, losses);
        var hasAutomatic = KeptFields.Find(options.AdditionalProperties, AnthropicKeys.Dialect, CanonicalKeys.CacheControl) is not null;
        var hints = new CacheHints(conversation, tools.Tools, hasAutomatic, losses);

        using var writer = new Utf8JsonWriter(output, WireJson.WriterOptions);
        writer.WriteStartObject();
        if (!target.Quirks.ModelInPath)
        {
            writer.WritePropertyName("model"u8);
            writer.WriteRawValue(target.ModelJson.Span, skipInputValidation: true);
        }

        foreach (var (name, value) in target.Quirks.BodyFields)
            writer.WriteString(name, value);
        if (request.Operation != CallOperation.CountTokens)
            writer.WriteNumber("max_tokens"u8, thinking.MaxTokens);
        SystemEncoder.Write(writer, conversation, options, tools, hints, losses);
        new MessageEncoder(writer, hints, losses).WriteAll(conversation.Turns);
        ToolEncoder.Write(writer, tools, target.Facts, hints, losses);
        OptionEncoder.WriteThinking(writer, request.Options.AdditionalProperties, thinking, losses);
        OptionEncoder.WriteOutput(writer, options, tools, thinking, losses);
        if (request.Operation != CallOperation.CountTokens)
            OptionEncoder.WriteSampling(writer, options, target, thinking, losses);
        OptionEncoder.WriteOthers(writer, options, request.Operation, losses);
        if (request is { Stream: true, Operation: not CallOperation.CountTokens } && !target.Quirks.ModelInPath)
            writer.WriteBoolean("stream"u8, true);
        writer.WriteEndObject();
    }
}
