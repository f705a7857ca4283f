using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;

namespace Switchyard.Dialects.BedrockConverse;

/// <summary>Reads whole answers: a message, or a count of tokens.</summary>
internal static class AnswerDecoder
{
    public static CanonicalChatAnswer Decode(ReadOnlySpan<byte> body)
    {
        var root = WireJson.ParseAnswer(body);
        if (root.Member("output")?.Member("message") is not { ValueKind: JsonValueKind.Object } wire)
            throw ErrorDecoder.DecodeInBand(root)?.ToException() ?? AnswerErrors.Empty();
        var message = new ChatMessage { Role = ChatRole.Assistant };
        if (wire.Member("content") is { ValueKind: JsonValueKind.Array } blocks)
        {
            foreach (var block in blocks.EnumerateArray())
                ContentDecoder.Add(block, message.Contents);
        }

        var stop = root.Text("stopReason");
        if (FinishWords.ErrorOf(stop) is { } spoilt)
            throw spoilt.ToException();
        var response = new ChatResponse(message)
        {
            FinishReason = FinishReasons.Read(stop, message.Contents.Any(content => content is FunctionCallContent)),
        };
        if (response.FinishReason == ChatFinishReason.Stop && message.Contents.All(Conversation.IsBlank))
            throw AnswerErrors.Empty();
        if (!FinishReasons.IsLossless(stop))
            (message.AdditionalProperties ??= [])[CanonicalKeys.ChoicePrefix + "native_finish_reason"] = root.Member("stopReason")!.Value;
        if (StopSequence(root) is { } sequence)
            (message.AdditionalProperties ??= [])[CanonicalKeys.StopSequence] = sequence;
        if (root.Member("serviceTier")?.Member("type") is { ValueKind: JsonValueKind.String } tier)
            (response.AdditionalProperties ??= [])["service_tier"] = tier;
        if (UsageReader.Read(root.Member("usage")) is { IsEmpty: false } usage)
            response.Usage = usage.ToUsageDetails();
        return new CanonicalChatAnswer(response);
    }

    public static CanonicalTokenCount DecodeCount(ReadOnlySpan<byte> body)
    {
        var root = WireJson.ParseAnswer(body);
        return root.Count("inputTokens") is { } count
            ? new CanonicalTokenCount(count)
            : throw ErrorDecoder.DecodeInBand(root)?.ToException()
                ?? new CallException(CallErrorKind.UpstreamUnavailable, "The provider's answer holds no count of tokens.");
    }

    /// <summary>The stop sequence that ended the answer; the request asks for it with <c>additionalModelResponseFieldPaths</c>.</summary>
    public static string? StopSequence(JsonElement root) => root.Member("additionalModelResponseFields")?.Text("stop_sequence");
}
