using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;
using Switchyard.Dialects.Shared.Tools;

namespace Switchyard.Dialects.Cohere;

/// <summary>Reads a whole answer to a chat.</summary>
internal static class AnswerDecoder
{
    public static CanonicalChatAnswer Decode(ReadOnlySpan<byte> body)
    {
        var root = WireJson.ParseAnswer(body);
        if (root.Member("message") is not { ValueKind: JsonValueKind.Object } wire)
            throw ErrorDecoder.DecodeInBand(root)?.ToException() ?? AnswerErrors.Empty();
        var word = root.Text("finish_reason");
        if (FinishWords.ErrorOf(word, root.Text("error")) is { } failure)
            throw failure.ToException();

        var id = root.Text("id") is { Length: > 0 } text ? text : null;
        var message = new ChatMessage { Role = ChatRole.Assistant, MessageId = id };
        AddContents(wire, message.Contents);
        var calls = AddCalls(wire, message.Contents);
        var finish = FinishReasons.Read(word, calls > 0);
        if (message.Contents.Count == 0 && finish == ChatFinishReason.Stop)
            throw AnswerErrors.Empty();
        if (!FinishReasons.IsLossless(word))
            Keep(CanonicalKeys.ChoicePrefix + "native_finish_reason", root.Member("finish_reason")!.Value);
        if (LogProbs.Read(root.Member("logprobs")) is { } logProbs)
            Keep(CanonicalKeys.LogProbs, logProbs);

        var response = new ChatResponse(message) { ResponseId = id, FinishReason = finish };
        if (root.Member("usage") is { ValueKind: JsonValueKind.Object } usage)
        {
            var read = UsageReader.Read(usage);
            response.Usage = read.IsEmpty ? null : read.ToUsageDetails();
            response.AdditionalProperties = new() { [CanonicalKeys.Own(DialectId.Cohere, "usage")] = usage };
        }

        return new CanonicalChatAnswer(response);

        void Keep(string name, JsonElement value) => (message.AdditionalProperties ??= [])[name] = value;
    }

    private static void AddContents(JsonElement wire, IList<AIContent> contents)
    {
        if (wire.Text("tool_plan") is { Length: > 0 } plan)
            contents.Add(new TextReasoningContent(plan));
        var byPlace = new Dictionary<long, AIContent>();
        if (wire.Text("content") is { Length: > 0 } text)
        {
            contents.Add(byPlace[0] = new TextContent(text));
        }
        else if (wire.Member("content") is { ValueKind: JsonValueKind.Array } parts)
        {
            var place = 0L;
            foreach (var part in parts.EnumerateArray())
            {
                if ((part.Text("thinking") is { Length: > 0 } thinking ? new TextReasoningContent(thinking)
                    : part.Text("text") is { Length: > 0 } said ? new TextContent(said) : Unknown(part)) is { } content)
                {
                    contents.Add(byPlace[place] = content);
                }

                place++;
            }
        }

        if (wire.Member("citations") is not { ValueKind: JsonValueKind.Array } citations)
            return;
        foreach (var citation in citations.EnumerateArray())
        {
            if (!Citations.IsOfText(citation))
                continue;
            var cited = byPlace.TryGetValue(Citations.ContentIndex(citation), out var found) && found is TextContent
                ? found
                : contents.OfType<TextContent>().FirstOrDefault();
            foreach (var annotation in cited is null ? [] : Citations.Read(citation))
                (cited!.Annotations ??= []).Add(annotation);
        }
    }

    /// <summary>A part that is neither text nor thinking, kept whole; null for an empty one of these.</summary>
    public static AIContent? Unknown(JsonElement part) => part.Text("type") is null or "text" or "thinking"
        ? null
        : new AIContent { AdditionalProperties = new() { [CanonicalKeys.Raw(DialectId.Cohere)] = part } };

    private static int AddCalls(JsonElement wire, IList<AIContent> contents)
    {
        var count = 0;
        if (wire.Member("tool_calls") is not { ValueKind: JsonValueKind.Array } calls)
            return count;
        foreach (var call in calls.EnumerateArray())
        {
            if (call.Member("function") is not { } function || function.Text("name") is not { Length: > 0 } name)
                throw new CallException(CallErrorKind.UpstreamUnavailable, "The provider sent a tool call without a name.");
            var content = ToolArguments.ToCall(call.Text("id") ?? "", name, ArgumentsText(function));
            content.AdditionalProperties![CanonicalKeys.ToolCallIndex] = count++;
            contents.Add(content);
        }

        return count;
    }

    /// <summary>The arguments' text; for arguments sent as an object, its JSON.</summary>
    public static string ArgumentsText(JsonElement function) => function.Member("arguments") switch
    {
        null => "",
        { ValueKind: JsonValueKind.String } text => text.GetString()!,
        { } other => other.GetRawText(),
    };
}
