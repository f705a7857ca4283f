using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.Shared.Fields;

/// <summary>The options of OpenAI chat that a format has no field for: refused, reported, or without effect.</summary>
internal static class UnsupportedOptions
{
    /// <summary>Refuses what would change the shape of the answer: several choices, audio.</summary>
    /// <exception cref="CallException"><see cref="CallErrorKind.InvalidRequest"/>.</exception>
    public static void RefuseImpossible(AdditionalPropertiesDictionary? kept, string provider)
    {
        if (Find(kept, "n") is { ValueKind: JsonValueKind.Number } count && WireJson.WholeNumber(count) is > 1)
            throw Refusal("n", $"{provider} gives one answer a request. Leave n out, or send the request several times.");
        var modalities = Find(kept, "modalities") is { ValueKind: JsonValueKind.Array } list
            && list.EnumerateArray().Any(item => item.ValueKind == JsonValueKind.String && item.GetString() != "text");
        if (modalities || Find(kept, "audio") is not null)
        {
            throw Refusal(
                modalities ? "modalities" : "audio",
                $"{provider} answers in text only. Leave modalities and audio out, or choose a model that speaks.");
        }
    }

    /// <summary>
    /// Refuses a caller in process that continues from an answer that a provider of another format keeps: without it the model would answer
    /// another question. A client of that format is refused by its <see cref="ProviderStateField"/>, in the words of its field.
    /// </summary>
    /// <exception cref="CallException"><see cref="CallErrorKind.InvalidRequest"/>.</exception>
    public static void RefuseConversation(ChatOptions options)
    {
        if (options.ConversationId is null || options.AdditionalProperties?.Any(entry => entry.Value is ProviderStateField) == true)
            return;
        throw Refusal(
            "conversation_id",
            "The chosen model's provider keeps no stored responses, so ConversationId cannot be used. Send the whole conversation, or "
                + "choose a model of a provider that serves the Responses API.");
    }

    /// <summary>Whether leaving the field out loses nothing: it asks for every server's default, or is handled elsewhere.</summary>
    public static bool SaysNothing(string name, JsonElement value) => (name, value.ValueKind) switch
    {
        (_, JsonValueKind.Null or JsonValueKind.Array or JsonValueKind.Object) when FieldDefaults.IsEmpty(value) => true,
        ("n" or "best_of", JsonValueKind.Number) => WireJson.WholeNumber(value) is 1,
        ("logprobs" or "store" or "echo", JsonValueKind.False) => true,
        ("verbosity", JsonValueKind.String) => value.ValueEquals("medium"u8),
        ("service_tier", JsonValueKind.String) => value.GetString() is "auto" or "default",
        ("modalities", _) => true, // Refused when it asks for more than text.
        ("stream_options", JsonValueKind.Object) => value.EnumerateObject()
            .All(member => member.Name is "include_usage" or "include_obfuscation"),
        ("tool_choice", _) => true, // ToolSelection reports what it cannot carry.
        (CanonicalKeys.StrictResponseFormat, _) => true, // These formats follow every schema strictly.
        _ => false,
    };

    /// <summary>Reports the options that only a format with stored conversations has a field for.</summary>
    public static void ReportUnsupported(ChatOptions options, LossReport losses)
    {
        RefuseConversation(options);
        if (options.AllowBackgroundResponses is true || options.ContinuationToken is not null)
            losses.Drop("background");
        if (options.Reasoning?.Output is ReasoningOutput.None)
            losses.Drop("reasoning.output");
    }

    /// <summary>A kept field; null if it is missing or JSON null.</summary>
    public static JsonElement? Find(AdditionalPropertiesDictionary? kept, string name) =>
        kept.Element(name) is { ValueKind: not (JsonValueKind.Null or JsonValueKind.Undefined) } element
            ? element
            : null;

    private static CallException Refusal(string param, string message) => new(CallErrorKind.InvalidRequest, message, param);
}
