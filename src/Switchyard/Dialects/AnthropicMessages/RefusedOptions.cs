using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;

namespace Switchyard.Dialects.AnthropicMessages;

/// <summary>The options without which the answer would not be the one that was asked for: they are refused rather than left out.</summary>
internal static class RefusedOptions
{
    /// <exception cref="CallException">The request holds one of them.</exception>
    public static void Check(ChatOptions options)
    {
        if (options.AdditionalProperties is not { } kept)
            return;
        if (Find(kept, "n") is { ValueKind: JsonValueKind.Number } n && n.TryGetDouble(out var count) && count > 1)
            throw Refused("n", "gives one answer a request. Send the request once for each answer wanted");
        if (Find(kept, "logprobs") is { ValueKind: JsonValueKind.True })
            throw Refused("logprobs", "gives no log probabilities. Remove the field");
        if (Find(kept, "top_logprobs") is { ValueKind: JsonValueKind.Number } top && top.TryGetDouble(out var wanted) && wanted > 0)
            throw Refused("top_logprobs", "gives no log probabilities. Remove the field");
        if (Find(kept, "audio") is { ValueKind: JsonValueKind.Object })
            throw Refused("audio", "answers in text alone. Remove the field or choose a model that speaks");
        if (Find(kept, "modalities") is { ValueKind: JsonValueKind.Array } modalities
            && modalities.EnumerateArray().Any(item => item.ValueKind == JsonValueKind.String && !item.ValueEquals("text")))
        {
            throw Refused("modalities", "answers in text alone. Remove the field or choose another model");
        }
    }

    private static JsonElement? Find(AdditionalPropertiesDictionary kept, string name) =>
        kept.TryGetValue(name, out var value) && value is JsonElement element ? element : null;

    private static CallException Refused(string field, string why) => new(new CallError(
        CallErrorKind.InvalidRequest, $"'{field}' cannot be carried out: this provider {why}.")
    {
        Param = field,
        Code = "unsupported_parameter",
    });
}
