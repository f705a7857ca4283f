using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;
using Switchyard.Dialects.Shared.Fields;

namespace Switchyard.Dialects.AnthropicMessages;

/// <summary>Reads a whole answer.</summary>
internal static class AnswerDecoder
{
    public static CanonicalChatAnswer Decode(ReadOnlySpan<byte> body)
    {
        var root = WireJson.ParseAnswer(body);
        if (root.Member("content") is not { ValueKind: JsonValueKind.Array } blocks)
            throw ErrorDecoder.DecodeInBand(root)?.ToException() ?? AnswerErrors.Empty();
        if (FinishWords.ErrorOf(root.Text("stop_reason")) is { } failure)
            throw failure.ToException();
        try
        {
            return Decode(root, blocks);
        }
        catch (CallException exception) when (exception.Error.Kind == CallErrorKind.InvalidRequest)
        {
            throw AnswerErrors.MalformedAnswer(exception);
        }
    }

    public static CanonicalTokenCount DecodeCount(ReadOnlySpan<byte> body)
    {
        var root = WireJson.ParseAnswer(body);
        return new CanonicalTokenCount(root.Count("input_tokens") ?? throw (ErrorDecoder.DecodeInBand(root)?.ToException()
            ?? AnswerErrors.NoTokenCount()));
    }

    /// <summary>Whether a member need not be kept: it is null, or has a canonical property.</summary>
    public static bool IsModelled(JsonProperty member) => member.Value.ValueKind == JsonValueKind.Null
        || member.IsNamed("id", "type", "role", "model", "content", "stop_reason", "stop_sequence");

    /// <summary>Reads <c>stop_reason</c> and <c>stop_sequence</c>.</summary>
    public static ChatFinishReason TakeEnd(JsonElement wire, bool hasCalls, ref AdditionalPropertiesDictionary? kept)
    {
        var reason = wire.Text("stop_reason");
        if (reason is not null && !FinishReasons.IsLossless(reason))
            WireJson.Keep(ref kept, CanonicalKeys.ChoicePrefix + "native_finish_reason", wire.Member("stop_reason")!.Value);
        if (wire.Text("stop_sequence") is { } sequence)
            WireJson.Keep(ref kept, CanonicalKeys.StopSequence, sequence);
        return FinishReasons.Read(reason, hasCalls);
    }

    private static CanonicalChatAnswer Decode(JsonElement root, JsonElement blocks)
    {
        var response = new ChatResponse
        {
            ResponseId = root.Text("id") is { Length: > 0 } id ? id : null,
            ModelId = root.Text("model") is { Length: > 0 } model ? model : null,
        };
        var message = new ChatMessage { Role = ChatRole.Assistant, MessageId = response.ResponseId };
        ContentDecoder.AddAll(blocks, message.Contents, "content", isAnswer: true);
        var kept = message.AdditionalProperties;
        response.FinishReason = TakeEnd(root, message.Contents.Any(content => content is FunctionCallContent), ref kept);
        message.AdditionalProperties = kept;
        response.Messages.Add(message);

        var counts = default(UsageCounts);
        counts.Take(root.Member("usage"));
        if (!counts.Usage.IsEmpty)
            response.Usage = counts.Usage.ToUsageDetails();
        AdditionalPropertiesDictionary? others = null;
        foreach (var member in root.EnumerateObject())
        {
            if (!IsModelled(member))
                KeptFields.Keep(ref others, AnthropicKeys.Dialect, member.Name, member.Value);
        }

        response.AdditionalProperties = others;
        return new CanonicalChatAnswer(response);
    }
}
