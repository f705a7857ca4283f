using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;

namespace Switchyard.Dialects.OpenAIResponses;

/// <summary>Reads a whole answer: its output items are the contents of one message, in their order.</summary>
internal static class AnswerDecoder
{
    public static CanonicalAnswer Decode(CallOperation operation, ReadOnlySpan<byte> body)
    {
        var root = WireJson.ParseAnswer(body);
        if (operation == CallOperation.CountTokens)
        {
            return root.Count("input_tokens") is { } tokens
                ? new CanonicalTokenCount(tokens)
                : throw AnswerErrors.NoTokenCount();
        }

        if (ErrorDecoder.OfResponse(root) is { } error)
            throw error.ToException();
        if (root.Member("output") is not { ValueKind: JsonValueKind.Array } output)
            throw AnswerErrors.Empty();
        try
        {
            return Decode(root, output);
        }
        catch (CallException exception) when (exception.Error.Kind == CallErrorKind.InvalidRequest)
        {
            throw AnswerErrors.MalformedAnswer(exception);
        }
    }

    /// <summary>The time of the answer; null if it is missing or out of range.</summary>
    public static DateTimeOffset? Time(JsonElement response) =>
        response.Member("created_at") is { ValueKind: JsonValueKind.Number } time && time.TryGetDouble(out var seconds)
            && seconds is > 0 and < 253402300800
            ? DateTimeOffset.FromUnixTimeSeconds((long)seconds)
            : null;

    /// <summary>
    /// What a request names to continue from the answer: its conversation, else the answer itself. Null if the provider reports that it
    /// does not store it, or neither reports that it does nor continued a stored one.
    /// </summary>
    public static string? ConversationOf(JsonElement response)
    {
        if (response.Member("store") is { ValueKind: JsonValueKind.False })
            return null;
        if (response.Member("conversation")?.Text("id") is { Length: > 0 } conversation)
            return conversation;
        // Some servers that keep answers do not repeat store.
        var isKept = response.Member("store") is { ValueKind: JsonValueKind.True }
            || response.Text("previous_response_id") is { Length: > 0 };
        return isKept && response.Text("id") is { Length: > 0 } id ? id : null;
    }

    /// <summary>Reads the items of an answer.</summary>
    public static ChatMessage ReadOutput(JsonElement output)
    {
        var message = new ChatMessage { Role = ChatRole.Assistant };
        var index = 0;
        foreach (var item in output.EnumerateArray())
        {
            var path = $"output[{index++}]";
            if (item.ValueKind == JsonValueKind.Object && item.Text("type") == ImageItem.Type)
                message.Contents.Add(ImageItem.Read(item));
            else
                ItemDecoder.AddOutput(item, message, path);
        }

        if (LogProbsOf(output) is { } logProbs)
            (message.AdditionalProperties ??= [])[CanonicalKeys.LogProbs] = logProbs;
        return message;
    }

    /// <summary>Log probabilities in OpenAI chat's shape: the same entries, one object deeper.</summary>
    public static JsonElement? ToChatLogProbs(IEnumerable<JsonElement> entries)
    {
        var all = entries.ToList();
        return all.Count == 0
            ? null
            : JsonElement.Parse(WireJson.ToJson(new Dictionary<string, object?> { ["content"] = all, ["refusal"] = null }));
    }

    private static JsonElement? LogProbsOf(JsonElement output) => ToChatLogProbs(
        from item in output.EnumerateArray()
        where item.Member("content") is { ValueKind: JsonValueKind.Array }
        from part in item.Member("content")!.Value.EnumerateArray()
        where part.Member("logprobs") is { ValueKind: JsonValueKind.Array }
        from entry in part.Member("logprobs")!.Value.EnumerateArray()
        select entry);

    private static CanonicalChatAnswer Decode(JsonElement root, JsonElement output)
    {
        var message = ReadOutput(output);
        var reason = root.Member("incomplete_details")?.Text("reason");
        if (FinishWords.ErrorOf(reason) is { } failure)
            throw failure.ToException();
        var finish = FinishReasons.Read(root.Text("status"), reason, message.Contents.Any(content => content is FunctionCallContent));
        if (finish == ChatFinishReason.Stop && message.Contents.All(IsBlank))
            throw AnswerErrors.Empty();
        if (!FinishReasons.IsLossless(reason))
            (message.AdditionalProperties ??= [])[CanonicalKeys.ChoicePrefix + "native_finish_reason"] =
                root.Member("incomplete_details")!.Value.Member("reason")!.Value;
        var response = new ChatResponse(message)
        {
            ResponseId = root.Text("id") is { Length: > 0 } id ? id : null,
            ConversationId = ConversationOf(root),
            ModelId = root.Text("model") is { Length: > 0 } model ? model : null,
            CreatedAt = Time(root),
            FinishReason = finish,
        };
        message.MessageId = response.ResponseId;
        if (root.Member("usage") is { ValueKind: JsonValueKind.Object } usage)
            response.Usage = HostedCalls.Count(default, root).UpdatedBy(UsageReader.Read(usage)).ToUsageDetails();
        foreach (var member in root.EnumerateObject())
            Keep(response, member);
        return new CanonicalChatAnswer(response);
    }

    private static void Keep(ChatResponse response, JsonProperty member)
    {
        if (member.IsNamed("id", "object", "created_at", "model", "output", "error", "incomplete_details"))
            return;
        var kept = response.AdditionalProperties ??= [];
        if (member.NameEquals("service_tier") && member.Value.ValueKind == JsonValueKind.String)
            kept[member.Name] = member.Value;
        else
            kept[CanonicalKeys.Own(DialectId.OpenAIResponses, member.Name)] = member.Value;
    }

    private static bool IsBlank(AIContent content) => content switch
    {
        TextContent text => string.IsNullOrWhiteSpace(text.Text),
        TextReasoningContent reasoning => string.IsNullOrWhiteSpace(reasoning.Text),
        _ => false,
    };
}
