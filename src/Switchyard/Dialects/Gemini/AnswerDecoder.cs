using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;
using Switchyard.Dialects.Shared.Fields;

namespace Switchyard.Dialects.Gemini;

/// <summary>Reads a whole answer, which may also be the list of a stream's chunks.</summary>
internal static class AnswerDecoder
{
    public static CanonicalChatAnswer Decode(ReadOnlySpan<byte> body)
    {
        if (!WireJson.TryParse(body, out var root, out var problem) || root.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array))
        {
            throw new CallException(
                new CallError(CallErrorKind.UpstreamUnavailable, "The provider's answer is not a JSON object.") { Cause = problem });
        }

        if (root.ValueKind == JsonValueKind.Array)
            return DecodeChunks(root);
        if (ErrorDecoder.DecodeInBand(root) is { } error)
            throw error.ToException();
        try
        {
            return DecodeObject(root);
        }
        catch (CallException exception) when (exception.Error.Kind == CallErrorKind.InvalidRequest)
        {
            throw AnswerErrors.MalformedAnswer(exception);
        }
    }

    /// <summary>Reads a token count.</summary>
    public static CanonicalTokenCount DecodeCount(ReadOnlySpan<byte> body)
    {
        var root = WireJson.ParseAnswer(body);
        return (root.Count("totalTokens") ?? root.Count("total_tokens")) is { } total
            ? new CanonicalTokenCount(total)
            : throw ErrorDecoder.DecodeInBand(root)?.ToException() ?? AnswerErrors.Empty();
    }

    private static CanonicalChatAnswer DecodeChunks(JsonElement chunks)
    {
        var decoder = new StreamDecoder();
        var updates = new List<ChatResponseUpdate>();
        foreach (var chunk in chunks.EnumerateArray())
        {
            if (decoder.Decode(chunk, updates) is { } error)
                throw error.ToException();
        }

        if (decoder.Finish(updates) is { } unfinished)
            throw (unfinished with { Kind = CallErrorKind.UpstreamUnavailable }).ToException();
        return new CanonicalChatAnswer(updates.ToChatResponse());
    }

    private static CanonicalChatAnswer DecodeObject(JsonElement root)
    {
        var response = new ChatResponse
        {
            ResponseId = root.FieldText("responseId") is { Length: > 0 } id ? id : null,
            ModelId = root.FieldText("modelVersion") is { Length: > 0 } model ? model : null,
            CreatedAt = CandidateMembers.Time(root),
        };
        var candidates = root.Field("candidates") is { ValueKind: JsonValueKind.Array } list && list.GetArrayLength() > 0
            ? list
            : default(JsonElement?);
        if (candidates is { } some)
        {
            foreach (var candidate in some.EnumerateArray())
                response.Messages.Add(DecodeCandidate(candidate, response, several: some.GetArrayLength() > 1));
            if (response.Messages.Count > 1)
                ChoiceOrder.Sort(response);
        }
        else if (CandidateMembers.BlockReason(root) is { } reason)
        {
            // A blocked prompt is an answer without content.
            var refused = new ChatMessage(ChatRole.Assistant, "") { MessageId = response.ResponseId };
            Keep(refused, CandidateMembers.NativeFinishReason, ProtoJson.Text(reason));
            response.Messages.Add(refused);
            response.FinishReason = ChatFinishReason.ContentFilter;
        }
        else
        {
            throw AnswerErrors.Empty();
        }

        if (response.Messages.All(message => IsEmpty(message, response.FinishReason)))
            throw AnswerErrors.Empty(NativeReason(response.Messages[0]));
        KeepMembers(root, response);
        return new CanonicalChatAnswer(response);
    }

    private static void KeepMembers(JsonElement root, ChatResponse response)
    {
        var usage = UsageReader.Of(root);
        if (!usage.IsEmpty)
            response.Usage = usage.ToUsageDetails();
        foreach (var member in root.EnumerateObject())
        {
            var name = ProtoJson.Camel(member.Name);
            if (name is "candidates" or "responseId" or "modelVersion" || member.Value.ValueKind == JsonValueKind.Null)
                continue;
            var kept = response.AdditionalProperties;
            KeptFields.Keep(ref kept, DialectId.Gemini, name, member.Value);
            response.AdditionalProperties = kept;
        }
    }

    private static ChatMessage DecodeCandidate(JsonElement candidate, ChatResponse response, bool several)
    {
        FieldReader.Object(candidate, "candidates");
        var index = ProtoJson.Whole(candidate.Field("index")) is >= 0 and <= 1000 and var number ? (int)number : response.Messages.Count;
        var message = new ChatMessage { Role = ChatRole.Assistant, MessageId = response.ResponseId };
        var calls = 0;
        if (candidate.Field("content")?.Field("parts") is { ValueKind: JsonValueKind.Array } parts)
        {
            foreach (var part in parts.EnumerateArray())
            {
                message.Contents.Add(
                    PartDecoder.Decode(part, "parts", name => CallIdMaker.Make(response.ResponseId, index, calls++, name)));
            }
        }

        CitationCodec.Attach(candidate, message.Contents);
        var kept = message.AdditionalProperties;
        CandidateMembers.Keep(candidate, ref kept);
        message.AdditionalProperties = kept;
        var word = FinishReasons.Word(candidate.Field("finishReason"));
        if (FinishWords.ErrorOf(word, candidate.FieldText("finishMessage")) is { } failure)
            throw failure.ToException();
        var reason = FinishReasons.Read(word, message.Contents.Any(content => content is FunctionCallContent));
        if (word is not null && !FinishReasons.IsLossless(word))
            Keep(message, CandidateMembers.NativeFinishReason, ProtoJson.Text(word));
        response.FinishReason ??= reason;
        if (several)
        {
            Keep(message, CanonicalKeys.ChoiceIndex, index);
            Keep(message, CanonicalKeys.FinishReason, reason);
            if (response.Messages.Count > 0)
                message.MessageId = $"{response.ResponseId}:{index}";
        }

        return message;
    }

    /// <summary>Whether a message has no content although nothing cut it off.</summary>
    private static bool IsEmpty(ChatMessage message, ChatFinishReason? finish) =>
        finish == ChatFinishReason.Stop
        && message.Contents.All(content => content is TextContent { Text: var text } && string.IsNullOrWhiteSpace(text));

    private static string? NativeReason(ChatMessage message) =>
        message.AdditionalProperties.Element(CandidateMembers.NativeFinishReason) is { } word
            ? word.GetString()
            : null;

    private static void Keep(ChatMessage message, string name, object value) => (message.AdditionalProperties ??= [])[name] = value;
}
