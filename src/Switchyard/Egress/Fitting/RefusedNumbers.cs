using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Fields;

namespace Switchyard.Egress.Fitting;

/// <summary>
/// Refuses the numbers with which no provider can answer, under the client's own names, before one is asked: most would name a field that
/// the client has not sent. Numbers that only some refuse are fitted.
/// </summary>
internal static class RefusedNumbers
{
    /// <summary>Refuses numbers that no target can apply.</summary>
    /// <param name="request">The request.</param>
    /// <param name="client">The format of its client.</param>
    /// <exception cref="Switchyard.Calls.CallException">A number is outside every provider's range.</exception>
    public static void Check(CanonicalChatRequest request, DialectId client)
    {
        if (request.Operation == CallOperation.CountTokens)
            return;
        var options = request.Options;
        Within("max_tokens", options.MaxOutputTokens, 1, int.MaxValue);
        Within("temperature", options.Temperature, 0, 2);
        Within("top_p", options.TopP, 0, 1);
        // Local servers take -1 for "no limit".
        Within("top_k", options.TopK, -1, int.MaxValue);
        Within("frequency_penalty", options.FrequencyPenalty, -2, 2);
        Within("presence_penalty", options.PresencePenalty, -2, 2);
        Within("n", CountOf(options.AdditionalProperties), 1, int.MaxValue);

        void Within(string field, double? value, double least, double most)
        {
            if (value is { } number && (number < least || number > most))
                throw RequestErrors.OutOfRange(NameOf(field, client, options), number, least, most, isWhole: most == int.MaxValue);
        }
    }

    private static double? CountOf(AdditionalPropertiesDictionary? kept) =>
        kept.Element("n") is { ValueKind: JsonValueKind.Number } n && n.TryGetDouble(out var count) ? count : null;

    /// <summary>The client's name of a field of OpenAI chat.</summary>
    private static string NameOf(string field, DialectId client, ChatOptions options) =>
        client == DialectId.OpenAIResponses && field == "max_tokens" ? "max_output_tokens"
        : client == DialectId.OpenAIChat && field == "max_tokens" && NewerLimit.IsMarked(options.AdditionalProperties) ? NewerLimit.Field
        : client != DialectId.Gemini ? field
        : "generationConfig." + field switch
        {
            "max_tokens" => "maxOutputTokens",
            "top_p" => "topP",
            "top_k" => "topK",
            "frequency_penalty" => "frequencyPenalty",
            "presence_penalty" => "presencePenalty",
            "n" => "candidateCount",
            _ => field,
        };
}
