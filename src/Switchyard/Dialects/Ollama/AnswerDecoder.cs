using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;
using Switchyard.Dialects.Shared.Fields;

namespace Switchyard.Dialects.Ollama;

/// <summary>Reads a whole answer.</summary>
internal static class AnswerDecoder
{
    public static CanonicalChatAnswer Decode(ReadOnlySpan<byte> body)
    {
        var root = WireJson.ParseAnswer(body);
        if (ErrorDecoder.DecodeInBand(root) is { } error)
            throw error.ToException();
        var message = new ChatMessage { Role = ChatRole.Assistant };
        var calls = ContentDecoder.Add(root, message.Contents, 0);
        var word = root.Text("done_reason");
        if (FinishWords.ErrorOf(word) is { } failure)
            throw failure.ToException();
        var finish = FinishReasons.Read(word, calls > 0);
        if (message.Contents.Count == 0 && finish == ChatFinishReason.Stop)
            throw AnswerErrors.Empty();
        if (!FinishReasons.IsLossless(word))
            Keep(CanonicalKeys.ChoicePrefix + "native_finish_reason", root.Member("done_reason")!.Value);
        if (ContentDecoder.LogProbs(root) is { } logProbs)
            Keep(CanonicalKeys.LogProbs, logProbs);
        var usage = UsageReader.Read(root);
        return new CanonicalChatAnswer(new ChatResponse(message)
        {
            ModelId = root.Text("model") is { Length: > 0 } model ? model : null,
            CreatedAt = ContentDecoder.Time(root),
            FinishReason = finish,
            Usage = usage.IsEmpty ? null : usage.ToUsageDetails(),
            AdditionalProperties = Timings(root),
        });

        void Keep(string name, JsonElement value) => (message.AdditionalProperties ??= [])[name] = value;
    }

    /// <summary>The server's timings in nanoseconds, for in-process callers.</summary>
    public static AdditionalPropertiesDictionary? Timings(JsonElement root)
    {
        AdditionalPropertiesDictionary? kept = null;
        foreach (var member in root.EnumerateObject())
        {
            if (member.Value.ValueKind == JsonValueKind.Number && member.Name.EndsWith("_duration", StringComparison.Ordinal))
                KeptFields.Keep(ref kept, DialectId.Ollama, member.Name, member.Value);
        }

        return kept;
    }
}
