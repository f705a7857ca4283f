using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Dialects.Shared.Tools;
using Switchyard.Targets;

namespace Switchyard.Dialects.AnthropicMessages;

/// <summary>Writes the options of a request and reports those this format has no field for.</summary>
internal static class OptionEncoder
{
    /// <summary>Options that do not change the prompt, so that a token count loses nothing without them.</summary>
    private static readonly string[] OfTheAnswer =
        ["user", "safety_identifier", "service_tier", "metadata", "store", "seed", "logit_bias", "n", "verbosity", "prediction"];

    private static readonly string s_ownOutput = CanonicalKeys.Own(AnthropicKeys.Dialect, "output_config");

    public static void WriteThinking(
        Utf8JsonWriter writer, AdditionalPropertiesDictionary? kept, ThinkingPlan thinking, LossReport losses)
    {
        var others = OwnThinking(kept);
        if (thinking.Kind == ThinkingKind.Omitted)
        {
            foreach (var (name, _) in others)
                losses.Drop("thinking." + name);
            return;
        }

        writer.WriteStartObject("thinking"u8);
        switch (thinking.Kind)
        {
            case ThinkingKind.Enabled:
                writer.WriteString("type"u8, "enabled"u8);
                writer.WriteNumber("budget_tokens"u8, thinking.Budget);
                break;
            case ThinkingKind.Adaptive:
                writer.WriteString("type"u8, "adaptive"u8);
                break;
            default:
                writer.WriteString("type"u8, "disabled"u8);
                break;
        }

        // A word that is not known here wins: Claude Code sends "updates".
        if (thinking.Thinks && thinking.Display is { } shown && !others.Exists(static member => member.Name == "display"))
            writer.WriteString("display"u8, shown ? "summarized"u8 : "omitted"u8);
        foreach (var (name, value) in others)
        {
            writer.WritePropertyName(name);
            value.WriteTo(writer);
        }

        writer.WriteEndObject();
    }

    /// <summary>Writes <c>output_config</c>: the effort and the schema of the answer.</summary>
    public static void WriteOutput(Utf8JsonWriter writer, ChatOptions options, ToolPlan tools, ThinkingPlan thinking, LossReport losses)
    {
        var schema = tools is { AnswerSchema: null, DescribesAnswer: false }
            && options.ResponseFormat is ChatResponseFormatJson { Schema: { } wanted }
            ? wanted
            : default(JsonElement?);
        var own = KeptFields.Find(options.AdditionalProperties, AnthropicKeys.Dialect, "output_config");
        if (schema is null && thinking.Effort is null && own is null)
            return;
        writer.WriteStartObject("output_config"u8);
        if (thinking.Effort is { } effort)
            writer.WriteString("effort"u8, effort);
        if (schema is { } answerSchema)
        {
            writer.WriteStartObject("format"u8);
            writer.WriteString("type"u8, "json_schema"u8);
            writer.WritePropertyName("schema"u8);
            ClosedSchema.Write(writer, answerSchema, losses, ClosedSchema.OfAnswer);
            writer.WriteEndObject();
        }

        if (own is { ValueKind: JsonValueKind.Object } others)
        {
            foreach (var member in others.EnumerateObject())
                member.WriteTo(writer);
        }

        writer.WriteEndObject();
    }

    public static void WriteSampling(
        Utf8JsonWriter writer, ChatOptions options, EgressTarget target, ThinkingPlan thinking, LossReport losses)
    {
        var takesSampling = target.Facts.Temperature != false;
        var temperature = Temperature(options.Temperature, takesSampling && !thinking.Thinks, losses);
        if (temperature is { } heat)
            writer.WriteNumber("temperature"u8, heat);
        // Most models refuse temperature and top_p together.
        var takesTopP = takesSampling && temperature is null;
        if (options.TopP is { } topP and < 1)
        {
            if (takesTopP && (!thinking.Thinks || topP >= 0.95f))
                writer.WriteNumber("top_p"u8, topP);
            else
                losses.Drop("top_p");
        }

        if (options.TopK is { } topK)
        {
            if (takesSampling && !thinking.Thinks && !target.Quirks.UnsupportedParams.Contains("top_k"))
                writer.WriteNumber("top_k"u8, topK);
            else
                losses.Drop("top_k");
        }

        WriteStops(writer, options.StopSequences, losses);
    }

    /// <summary>Writes the options that are neither sampling nor tools, and reports those without a field.</summary>
    public static void WriteOthers(Utf8JsonWriter writer, ChatOptions options, CallOperation operation, LossReport losses)
    {
        var kept = options.AdditionalProperties;
        var counts = operation == CallOperation.CountTokens;
        var carriesTier = !counts && WriteServiceTier(writer, kept);
        if (!counts)
            WriteUser(writer, kept);
        WriteOwn(writer, kept, losses);
        KeptFields.ReportUnprefixed(kept, (name, value) => (counts && OfTheAnswer.Contains(name)) || name switch
        {
            "service_tier" => carriesTier,
            "response_format" => options.ResponseFormat is not null,
            "tool_choice" => options.ToolMode is not null,
            // ThinkingPlan reports an effort of this format if it is not written.
            "reasoning_effort" => ReasoningRequest.IsKnown(value) || kept.IsTrue(ReasoningRequest.AnswerEffort),
            // Both map to metadata.user_id; safety_identifier wins.
            "user" => kept?.ContainsKey("safety_identifier") != true,
            "safety_identifier" or "top_k" or "stream_options" or CanonicalKeys.StrictResponseFormat => true,
            // Refused by RefusedOptions, unless they have no effect.
            "logprobs" => value.ValueKind is JsonValueKind.True or JsonValueKind.Null,
            "n" or "top_logprobs" or "audio" or "modalities" => true,
            "store" => value.ValueKind == JsonValueKind.False,
            _ => value.ValueKind == JsonValueKind.Null,
        }, losses, "");
        if (!counts)
            ReportUnsupported(options, losses);
    }

    private static float? Temperature(float? wanted, bool free, LossReport losses)
    {
        if (wanted is not { } temperature)
            return null;
        if (!free)
        {
            // Nothing but 1 is taken, and 1 is the default.
            if (temperature != 1)
                losses.Drop("temperature");
            return null;
        }

        if (temperature is >= 0 and <= 1)
            return temperature;
        losses.Drop("temperature");
        return Math.Clamp(temperature, 0, 1);
    }

    private static void WriteStops(Utf8JsonWriter writer, IList<string>? stops, LossReport losses)
    {
        if (stops is null)
            return;
        var begun = false;
        for (var i = 0; i < stops.Count; i++)
        {
            if (string.IsNullOrWhiteSpace(stops[i]))
            {
                losses.Drop($"stop[{i}]");
                continue;
            }

            if (!begun)
                writer.WriteStartArray("stop_sequences"u8);
            begun = true;
            writer.WriteStringValue(stops[i]);
        }

        if (begun)
            writer.WriteEndArray();
    }

    private static bool WriteServiceTier(Utf8JsonWriter writer, AdditionalPropertiesDictionary? kept)
    {
        var tier = kept.Element("service_tier") is { ValueKind: JsonValueKind.String } name
            ? name.GetString()
            : null;
        switch (tier)
        {
            case "auto":
                writer.WriteString("service_tier"u8, "auto"u8);
                return true;
            case "default":
                writer.WriteString("service_tier"u8, "standard_only"u8);
                return true;
            default:
                return false;
        }
    }

    private static void WriteUser(Utf8JsonWriter writer, AdditionalPropertiesDictionary? kept)
    {
        if (kept is null || KeptFields.Find(kept, AnthropicKeys.Dialect, "metadata") is not null)
            return;
        var user = kept.TryGetValue("safety_identifier", out var value) && value is JsonElement { ValueKind: JsonValueKind.String } id ? id
            : kept.TryGetValue("user", out value) && value is JsonElement { ValueKind: JsonValueKind.String } name ? name
            : default(JsonElement?);
        if (user is not { } userId)
            return;
        writer.WriteStartObject("metadata"u8);
        writer.WriteString("user_id"u8, userId.GetString());
        writer.WriteEndObject();
    }

    /// <summary>Writes this format's own fields, except for those of output_config and thinking, which have been written already.</summary>
    private static void WriteOwn(Utf8JsonWriter writer, AdditionalPropertiesDictionary? kept, LossReport losses)
    {
        if (kept?.Keys.Any(IsWritten) != true)
        {
            KeptFields.Write(writer, kept, AnthropicKeys.Dialect, losses, "");
            return;
        }

        var others = new AdditionalPropertiesDictionary(kept);
        foreach (var key in kept.Keys.Where(IsWritten))
            others.Remove(key);
        KeptFields.Write(writer, others, AnthropicKeys.Dialect, losses, "");
    }

    private static bool IsWritten(string key) =>
        key == s_ownOutput || key.StartsWith(AnthropicKeys.OwnThinking, StringComparison.Ordinal);

    private static List<(string Name, JsonElement Value)> OwnThinking(AdditionalPropertiesDictionary? kept)
    {
        var members = new List<(string, JsonElement)>();
        if (kept is null)
            return members;
        foreach (var (key, value) in kept)
        {
            if (value is JsonElement member && key.StartsWith(AnthropicKeys.OwnThinking, StringComparison.Ordinal))
                members.Add((key[AnthropicKeys.OwnThinking.Length..], member));
        }

        return members;
    }

    /// <summary>Reports the typed options this format has no field for.</summary>
    private static void ReportUnsupported(ChatOptions options, LossReport losses)
    {
        if (options.Seed is not null)
            losses.Drop("seed");
        if (options.FrequencyPenalty is { } frequency and not 0)
            losses.Drop("frequency_penalty");
        if (options.PresencePenalty is { } presence and not 0)
            losses.Drop("presence_penalty");
        UnsupportedOptions.RefuseConversation(options);
        if (options.AllowBackgroundResponses is true || options.ContinuationToken is not null)
            losses.Drop("background");
    }
}
