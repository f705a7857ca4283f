using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;

namespace Switchyard.Dialects.OpenAIChat;

/// <summary>Reads a whole chat or legacy completion answer.</summary>
internal static class AnswerDecoder
{
    public static CanonicalChatAnswer Decode(CallOperation operation, ReadOnlySpan<byte> body)
    {
        var root = WireJson.ParseAnswer(body);
        var choices = root.Member("choices") is { ValueKind: JsonValueKind.Array } list ? list : default(JsonElement?);
        if (choices is not { } some || some.GetArrayLength() == 0)
            throw ErrorDecoder.DecodeInBand(root)?.ToException() ?? AnswerErrors.Empty();
        if (ErrorDecoder.DecodeChoices(root) is { } failure)
            throw failure.ToException();
        try
        {
            return Decode(operation, root, some);
        }
        catch (CallException exception) when (exception.Error.Kind == CallErrorKind.InvalidRequest)
        {
            throw AnswerErrors.MalformedAnswer(exception);
        }
    }

    private static CanonicalChatAnswer Decode(CallOperation operation, JsonElement root, JsonElement choices)
    {
        var response = new ChatResponse
        {
            ResponseId = root.Text("id") is { Length: > 0 } id ? id : null,
            ModelId = root.Text("model") is { Length: > 0 } model ? model : null,
            CreatedAt = Time(root),
        };
        var several = choices.GetArrayLength() > 1;
        foreach (var choice in choices.EnumerateArray())
            response.Messages.Add(DecodeChoice(operation, choice, response, several));
        if (several)
            ChoiceOrder.Sort(response);
        if (response.Messages.All(message => IsEmpty(message, response.FinishReason)))
            throw ErrorDecoder.DecodeInBand(root)?.ToException() ?? AnswerErrors.Empty();

        if (UsageOf(root) is { } usage)
        {
            response.Usage = UsageReader.Read(usage).ToUsageDetails();
            Keep(response, CanonicalKeys.RawUsage, usage);
        }

        foreach (var member in root.EnumerateObject())
        {
            if (member.Name is not ("id" or "object" or "created" or "model" or "choices" or "usage"))
                Keep(response, member.Name, member.Value);
        }

        return new CanonicalChatAnswer(response);
    }

    /// <summary>The time of the answer; null if it is missing or out of range.</summary>
    public static DateTimeOffset? Time(JsonElement root) =>
        root.Integer("created") is > 0 and < 253402300800 and var seconds ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;

    private static JsonElement? UsageOf(JsonElement root) =>
        root.Member("usage") is { ValueKind: JsonValueKind.Object } usage ? usage
        : root.Member("x_groq")?.Member("usage") is { ValueKind: JsonValueKind.Object } groq ? groq
        : null;

    private static ChatMessage DecodeChoice(CallOperation operation, JsonElement choice, ChatResponse response, bool several)
    {
        FieldReader.Object(choice, "choices");
        var message = new ChatMessage { Role = ChatRole.Assistant, MessageId = response.ResponseId };
        if (operation == CallOperation.Completion)
            message.Contents.Add(new TextContent(choice.Text("text")));
        else if (choice.Member("message") is { ValueKind: JsonValueKind.Object } wire)
            DecodeMessage(wire, message);
        foreach (var member in choice.EnumerateObject())
        {
            if (member.Name is "index" or "message" or "finish_reason" or "text")
                continue;
            if (member.Name == CanonicalKeys.LogProbs)
            {
                if (member.Value.ValueKind != JsonValueKind.Null)
                    Keep(message, CanonicalKeys.LogProbs, member.Value);
            }
            else
            {
                Keep(message, CanonicalKeys.ChoicePrefix + member.Name, member.Value);
            }
        }

        var finish = choice.Text("finish_reason");
        var reason = FinishReasons.Read(finish, message.Contents.Any(content => content is FunctionCallContent));
        if (finish is { Length: > 0 } && !FinishReasons.IsLossless(finish) && choice.Member("native_finish_reason") is null)
            Keep(message, CanonicalKeys.ChoicePrefix + "native_finish_reason", choice.Member("finish_reason")!.Value);
        response.FinishReason ??= reason;
        if (several)
        {
            var index = choice.Integer("index") is >= 0 and <= 1000 and var at ? (int)at : response.Messages.Count;
            Keep(message, CanonicalKeys.ChoiceIndex, index);
            Keep(message, CanonicalKeys.FinishReason, reason);
            if (response.Messages.Count > 0)
                message.MessageId = string.Create(CultureInfo.InvariantCulture, $"{response.ResponseId}:{response.Messages.Count}");
        }

        return message;
    }

    private static void DecodeMessage(JsonElement wire, ChatMessage message)
    {
        MessageDecoder.AddAssistantContents(wire, message.Contents, "message", new LegacyCallIds());
        AnswerMedia.Read(wire, message.Contents);
        if (wire.Member("annotations") is { ValueKind: JsonValueKind.Array } annotations)
            AnnotationCodec.Attach(annotations, message.Contents);
        MessageDecoder.KeepOthers(
            wire, message, member => AnswerMedia.IsRead(member, message.Contents),
            "role", "content", "tool_calls", "function_call", "refusal", "reasoning_content", "reasoning");
    }

    /// <summary>
    /// Whether a message has no content although nothing cut it off. One stopped by a filter, or by the token limit while it was still
    /// reasoning, is a real answer.
    /// </summary>
    private static bool IsEmpty(ChatMessage message, ChatFinishReason? finish) =>
        finish == ChatFinishReason.Stop
        && !AnswerMedia.KeepsAudio(message)
        && message.Contents.All(content => content is TextContent { Text: var text } && string.IsNullOrWhiteSpace(text));

    private static void Keep(ChatResponse response, string name, object value) => (response.AdditionalProperties ??= [])[name] = value;

    private static void Keep(ChatMessage message, string name, object value) => (message.AdditionalProperties ??= [])[name] = value;
}
