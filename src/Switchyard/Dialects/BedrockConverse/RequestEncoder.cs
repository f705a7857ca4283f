using System.Buffers;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;
using Switchyard.Targets;

namespace Switchyard.Dialects.BedrockConverse;

/// <summary>
/// Writes a request. The address names the model and whether to stream, so the body has neither. The same request gives the same
/// bytes: fields in a fixed order, so that a provider's prefix cache stays warm.
/// </summary>
internal static class RequestEncoder
{
    public static void Encode(CanonicalChatRequest request, EgressTarget target, LossReport losses, IBufferWriter<byte> output)
    {
        var options = request.Options;
        var family = ModelFamilies.Of(target.Model);
        OptionEncoder.Check(options, target.Provider);
        var conversation = Conversation.Of(request, losses);
        var turns = SendableTurns.Of(conversation, losses);
        var tools = ToolPlan.Of(options, turns, losses);

        using var writer = new Utf8JsonWriter(output, WireJson.WriterOptions);
        var marks = new CacheMarks(writer, family, losses);
        var encoder = new OptionEncoder(writer, options, target, family, losses);
        var content = new MessageEncoder(writer, target, marks, losses);
        writer.WriteStartObject();
        if (request.Operation == CallOperation.CountTokens)
        {
            writer.WriteStartObject("input"u8);
            writer.WriteStartObject("converse"u8);
            WriteConversation();
            writer.WriteEndObject();
            writer.WriteEndObject();
        }
        else
        {
            var reasoning = ReasoningPlan.Of(options, target, family, tools, turns, losses);
            WriteConversation();
            encoder.WriteInference(reasoning);
            encoder.WriteOutput(reasoning);
            new ModelFieldEncoder(writer, options, family, losses).Write(reasoning, tools);
            encoder.WriteKept();
        }

        writer.WriteEndObject();

        void WriteConversation()
        {
            content.WriteSystem(conversation.System, encoder.FormatInstruction());
            content.WriteTurns(turns);
            ToolEncoder.Write(writer, tools, target, family, marks, losses);
        }
    }
}
