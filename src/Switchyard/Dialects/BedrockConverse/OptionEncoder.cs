using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Dialects.Shared.Tools;
using Switchyard.Targets;

namespace Switchyard.Dialects.BedrockConverse;

/// <summary>
/// Writes the options that every model of this format shares: <c>inferenceConfig</c>, <c>outputConfig</c>, tier and metadata.
/// </summary>
internal sealed class OptionEncoder(Utf8JsonWriter writer, ChatOptions options, EgressTarget target, ModelFamily family, LossReport losses)
{
    private const int MostMetadata = 16;
    private const string MetadataPunctuation = " _:@$#=/+,-.";

    /// <summary>Refuses what would change the shape of the answer.</summary>
    /// <exception cref="CallException">The request asks for more than one choice, log probabilities or audio.</exception>
    public static void Check(ChatOptions options, string provider)
    {
        if (options.AdditionalProperties is not { } kept)
            return;
        if (Number(kept, "n") is > 1)
            throw Unsupported("n", $"{provider} gives one choice a request. Send the request several times instead.");
        if (kept.IsTrue("logprobs") || Number(kept, "top_logprobs") is > 0)
            throw Unsupported("logprobs", $"{provider} gives no log probabilities. Leave out logprobs and top_logprobs.");
        if (kept.TryGetValue("modalities", out var value) && value is JsonElement { ValueKind: JsonValueKind.Array } modalities
            && modalities.EnumerateArray().Any(item => item.ValueKind == JsonValueKind.String && item.GetString() != "text"))
        {
            throw Unsupported("modalities", $"{provider} answers in text. Leave everything else out of modalities.");
        }
    }

    public void WriteInference(ReasoningPlan reasoning)
    {
        var temperature = Temperature(reasoning);
        var topP = TopP(reasoning, temperature);
        var stops = Stops();
        if (reasoning.MaxTokens is null && temperature is null && topP is null && stops.Count == 0)
            return;
        writer.WriteStartObject("inferenceConfig"u8);
        if (reasoning.MaxTokens is { } max)
            writer.WriteNumber("maxTokens"u8, max);
        if (temperature is { } heat)
            writer.WriteNumber("temperature"u8, heat);
        if (topP is { } mass)
            writer.WriteNumber("topP"u8, mass);
        if (stops.Count > 0)
        {
            writer.WriteStartArray("stopSequences"u8);
            foreach (var stop in stops)
                writer.WriteStringValue(stop);
            writer.WriteEndArray();
        }

        writer.WriteEndObject();
        if (stops.Count > 0 && family == ModelFamily.Claude)
        {
            // Without it the answer does not name the stop sequence that ended it.
            writer.WriteStartArray("additionalModelResponseFieldPaths"u8);
            writer.WriteStringValue("/stop_sequence"u8);
            writer.WriteEndArray();
        }
    }

    /// <summary>The instruction to answer in JSON, for a model without a schema mode; null if none is needed.</summary>
    public string? FormatInstruction()
    {
        if (options.ResponseFormat is not ChatResponseFormatJson format
            || (format.Schema is { } schema && IsHeldTo(schema)))
        {
            return null;
        }

        losses.Drop("response_format");
        return SchemaInstruction.For(format.Schema);
    }

    public void WriteOutput(ReasoningPlan reasoning)
    {
        var format = options.ResponseFormat is ChatResponseFormatJson { Schema: { } schema } json && IsHeldTo(schema)
            ? json
            : null;
        var effort = family == ModelFamily.Claude ? reasoning.Effort : null;
        if (format is null && effort is null)
            return;
        writer.WriteStartObject("outputConfig"u8);
        if (format is not null)
        {
            writer.WriteStartObject("textFormat"u8);
            writer.WriteString("type"u8, "json_schema"u8);
            writer.WriteStartObject("structure"u8);
            writer.WriteStartObject("jsonSchema"u8);
            writer.WriteString("name"u8, format.SchemaName ?? "response");
            if (!string.IsNullOrWhiteSpace(format.SchemaDescription))
                writer.WriteString("description"u8, format.SchemaDescription);
            // The schema is a JSON string.
            writer.WriteString("schema"u8, SchemaText(format.Schema!.Value));
            writer.WriteEndObject();
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        if (effort is not null)
            writer.WriteString("effort"u8, effort);
        writer.WriteEndObject();
    }

    /// <summary>Whether the model can be held to a schema of the answer; else the schema is described in words.</summary>
    private bool IsHeldTo(JsonElement schema) =>
        ModelFamilies.TakesSchema(family, target) && (family != ModelFamily.Claude || ClosedSchema.CanBeHeld(schema));

    /// <summary>The schema's text, without <c>$schema</c> and <c>$id</c> for a Claude, which refuses them.</summary>
    private string SchemaText(JsonElement schema)
    {
        if (family != ModelFamily.Claude)
            return schema.GetRawText();
        var output = new ArrayBufferWriter<byte>();
        using (var text = new Utf8JsonWriter(output, WireJson.WriterOptions))
            ClosedSchema.Write(text, schema, losses, ClosedSchema.OfAnswer);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    /// <summary>Writes the kept fields this format has a place for and reports the rest.</summary>
    public void WriteKept()
    {
        var kept = options.AdditionalProperties;
        WriteTier(kept);
        WriteMetadata(kept);
        foreach (var name in new[] { "guardrailConfig", "performanceConfig" })
        {
            if (kept.Element(name) is { ValueKind: JsonValueKind.Object } element)
            {
                writer.WritePropertyName(name);
                element.WriteTo(writer);
            }
        }

        KeptFields.Write(writer, kept, DialectId.BedrockConverse, losses, "");
        // ReasoningPlan reports an effort for a Claude's whole answer if it is not written.
        var isNamed = family == ModelFamily.Claude && kept.IsTrue(ReasoningRequest.AnswerEffort);
        KeptFields.ReportUnprefixed(
            kept, (name, value) => IsCarried(name, value) || (isNamed && name == "reasoning_effort"), losses, "");
        Report("seed", options.Seed is not null);
        Report("frequency_penalty", options.FrequencyPenalty is not (null or 0));
        Report("presence_penalty", options.PresencePenalty is not (null or 0));
        UnsupportedOptions.RefuseConversation(options);
        Report("background", options.AllowBackgroundResponses is true || options.ContinuationToken is not null);
    }

    private void Report(string name, bool isSet)
    {
        if (isSet)
            losses.Drop(name);
    }

    private float? Temperature(ReasoningPlan reasoning)
    {
        if (options.Temperature is not { } wanted)
            return null;
        if (target.Facts.Temperature is false || (reasoning.Thinks && wanted != 1))
        {
            losses.Drop("temperature");
            return null;
        }

        if (wanted is >= 0 and <= 1)
            return wanted;
        losses.Drop("temperature");
        return Math.Clamp(wanted, 0, 1);
    }

    private float? TopP(ReasoningPlan reasoning, float? temperature)
    {
        if (options.TopP is not { } wanted)
            return null;
        var isClaude = family == ModelFamily.Claude;
        // From 4.5 on a Claude refuses temperature and top_p together; while thinking it takes only a top_p from 0.95.
        var refusesBoth = temperature is not null && ModelFamilies.ClaudeVersion(target.Model) is not < 4.5;
        if (isClaude && (refusesBoth || (reasoning.Thinks && wanted < 0.95f)))
        {
            Report("top_p", wanted != 1);
            return null;
        }

        if (wanted is >= 0 and <= 1)
            return wanted;
        losses.Drop("top_p");
        return Math.Clamp(wanted, 0, 1);
    }

    /// <summary>The stop sequences, without those of white space only, which the API refuses.</summary>
    private List<string> Stops()
    {
        var stops = new List<string>();
        for (var i = 0; i < (options.StopSequences?.Count ?? 0); i++)
        {
            if (string.IsNullOrWhiteSpace(options.StopSequences![i]))
                losses.Drop($"stop[{i}]");
            else
                stops.Add(options.StopSequences[i]);
        }

        return stops;
    }

    private void WriteTier(AdditionalPropertiesDictionary? kept)
    {
        if (kept.Element("service_tier") is not { ValueKind: JsonValueKind.String } tier
            || tier.GetString() == "auto")
        {
            return;
        }

        if (tier.GetString() is not ("default" or "flex" or "priority"))
        {
            losses.Drop("service_tier");
            return;
        }

        writer.WriteStartObject("serviceTier"u8);
        writer.WriteString("type"u8, tier.GetString());
        writer.WriteEndObject();
    }

    private void WriteMetadata(AdditionalPropertiesDictionary? kept)
    {
        var entries = new List<(string Key, string Value)>();
        foreach (var name in new[] { "user", "safety_identifier" })
        {
            if (kept.Element(name) is { ValueKind: JsonValueKind.String } text)
                Add(name, text.GetString()!, name);
        }

        if (kept.Element("metadata") is { ValueKind: JsonValueKind.Object } metadata)
        {
            foreach (var member in metadata.EnumerateObject())
            {
                var text = member.Value.ValueKind == JsonValueKind.String ? member.Value.GetString()! : member.Value.GetRawText();
                Add(member.Name, text, $"metadata.{member.Name}");
            }
        }

        if (entries.Count == 0)
            return;
        writer.WriteStartObject("requestMetadata"u8);
        foreach (var (key, value) in entries)
            writer.WriteString(key, value);
        writer.WriteEndObject();

        void Add(string key, string value, string path)
        {
            if (entries.Count < MostMetadata && key.Length > 0 && IsMetadata(key) && IsMetadata(value)
                && !entries.Exists(entry => entry.Key == key))
            {
                entries.Add((key, value));
            }
            else
            {
                losses.Drop(path);
            }
        }
    }

    private static bool IsMetadata(string text) =>
        text.Length <= 256 && text.All(c => char.IsAsciiLetterOrDigit(c) || MetadataPunctuation.Contains(c, StringComparison.Ordinal));

    private static bool IsCarried(string name, JsonElement value) => name switch
    {
        "user" or "safety_identifier" or "service_tier" => value.ValueKind is JsonValueKind.String or JsonValueKind.Null,
        "metadata" or "guardrailConfig" or "performanceConfig" => value.ValueKind is JsonValueKind.Object or JsonValueKind.Null,
        "additionalModelRequestFields" => true,
        "reasoning_effort" => ReasoningRequest.IsKnown(value) || value.ValueKind == JsonValueKind.Null,
        "tool_choice" or "response_format" or "top_k" or "stream_options"
            or CanonicalKeys.StrictResponseFormat => true,
        "n" or "modalities" or "top_logprobs" or "input_type" => true,
        "logprobs" or "store" => value.ValueKind is JsonValueKind.False or JsonValueKind.Null,
        _ => value.ValueKind == JsonValueKind.Null,
    };

    private static long? Number(AdditionalPropertiesDictionary kept, string name) =>
        kept.TryGetValue(name, out var value) && value is JsonElement { ValueKind: JsonValueKind.Number } number
            ? WireJson.WholeNumber(number)
            : null;

    private static CallException Unsupported(string param, string message) =>
        new(new CallError(CallErrorKind.InvalidRequest, message)
        {
            Param = param,
            Type = "invalid_request_error",
            Code = "unsupported_parameter",
        });
}
