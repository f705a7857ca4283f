using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Targets;

namespace Switchyard.Dialects.Gemini;

/// <summary>Writes <c>generationConfig</c>, and reports the options this format has no place for.</summary>
internal sealed class OptionEncoder(Utf8JsonWriter writer, EgressTarget target, ModelTraits model, LossReport losses)
{
    /// <summary>The key prefix of kept members of <c>generationConfig</c>.</summary>
    public const string Prefix = "generationConfig.";

    private const int MostStops = 5;

    public void Write(ChatOptions options, string? imageDetail)
    {
        var kept = options.AdditionalProperties;
        writer.WriteStartObject("generationConfig"u8);
        Number("temperature", "temperature", options.Temperature);
        Number("topP", "top_p", options.TopP);
        Number("topK", "top_k", options.TopK);
        if (Plain(kept, "n") is { ValueKind: JsonValueKind.Number } n && WireJson.WholeNumber(n) is { } count && count != 1 && Takes("n"))
            writer.WriteNumber("candidateCount"u8, count);
        Number("maxOutputTokens", "max_tokens", options.MaxOutputTokens);
        WriteStops(options.StopSequences);
        WriteSeed(options.Seed);
        Number("presencePenalty", "presence_penalty", options.PresencePenalty);
        Number("frequencyPenalty", "frequency_penalty", options.FrequencyPenalty);
        WriteLogProbs(kept);
        WriteFormat(options.ResponseFormat);
        WriteModalities(kept);
        if (imageDetail is "low" or "high" && Own(kept, "mediaResolution") is null)
            writer.WriteString("mediaResolution"u8, imageDetail == "low" ? "MEDIA_RESOLUTION_LOW" : "MEDIA_RESOLUTION_HIGH");
        if (Own(kept, ThinkingEncoder.Name) is null)
            ThinkingEncoder.Write(writer, options, model, losses);
        foreach (var (name, value) in OwnMembers(kept, Prefix))
        {
            if (name.StartsWith(ThinkingEncoder.Name + ".", StringComparison.Ordinal))
                continue;
            writer.WritePropertyName(name);
            value.WriteTo(writer);
        }

        writer.WriteEndObject();
    }

    /// <summary>The kept fields of this format that begin with a prefix, without the prefix.</summary>
    public static IEnumerable<(string Name, JsonElement Value)> OwnMembers(AdditionalPropertiesDictionary? kept, string prefix)
    {
        var start = PartDecoder.OwnPrefix + prefix;
        foreach (var (key, value) in kept ?? [])
        {
            if (key.StartsWith(start, StringComparison.OrdinalIgnoreCase)
                && ((value as ProviderStateField)?.Value ?? value as JsonElement?) is { } element)
            {
                yield return (key[start.Length..], element);
            }
        }
    }

    /// <summary>Reports the options this format has no field for.</summary>
    public void ReportUnsupported(ChatOptions options, bool hasTools)
    {
        KeptFields.ReportForeign(options.AdditionalProperties, DialectId.Gemini, losses, "");
        KeptFields.ReportUnprefixed(options.AdditionalProperties, (name, value) => IsCarried(name, value, options), losses, "");
        if (options.AllowMultipleToolCalls is false && hasTools)
            losses.Drop("parallel_tool_calls");
        UnsupportedOptions.RefuseConversation(options);
        if (options.AllowBackgroundResponses is true || options.ContinuationToken is not null)
            losses.Drop("background");
    }

    private static bool IsCarried(string name, JsonElement value, ChatOptions options) => name switch
    {
        _ when value.ValueKind == JsonValueKind.Null => true,
        "logprobs" => value.ValueKind == JsonValueKind.True,
        "n" or "top_logprobs" or "modalities" or "service_tier" or "tool_choice" or "stream_options" => true,
        "reasoning_effort" => ReasoningRequest.IsKnown(value),
        "top_k" => options.TopK is not null,
        "response_format" => options.ResponseFormat is not null,
        CanonicalKeys.StrictResponseFormat or "strictJsonSchema" => true,
        "store" => value.ValueKind == JsonValueKind.False,
        _ => false,
    };

    private static JsonElement? Plain(AdditionalPropertiesDictionary? kept, string name) =>
        kept.Element(name);

    private static JsonElement? Own(AdditionalPropertiesDictionary? kept, string name) =>
        KeptFields.Find(kept, DialectId.Gemini, Prefix + name);

    /// <summary>Whether the provider takes the field; reports it where not.</summary>
    private bool Takes(string field)
    {
        if (!target.Quirks.UnsupportedParams.Contains(field))
            return true;
        losses.Drop(field);
        return false;
    }

    private void Number(string name, string field, float? value)
    {
        if (value is { } number && Takes(field))
            writer.WriteNumber(name, number);
    }

    private void Number(string name, string field, int? value)
    {
        if (value is { } number && Takes(field))
            writer.WriteNumber(name, number);
    }

    private void WriteSeed(long? seed)
    {
        if (seed is not { } value || !Takes("seed"))
            return;
        if (value is > int.MaxValue or < int.MinValue)
            losses.Drop("seed");
        else
            writer.WriteNumber("seed"u8, value);
    }

    private void WriteStops(IList<string>? stops)
    {
        if (stops is not { Count: > 0 } || !stops.Any(static stop => stop.Length > 0) || !Takes("stop"))
            return;
        var written = new HashSet<string>(StringComparer.Ordinal);
        writer.WriteStartArray("stopSequences"u8);
        for (var i = 0; i < stops.Count; i++)
        {
            if (stops[i].Length == 0 || written.Contains(stops[i]))
                continue;
            if (written.Count == MostStops)
            {
                losses.Drop($"stop[{i}]");
                continue;
            }

            written.Add(stops[i]);
            writer.WriteStringValue(stops[i]);
        }

        writer.WriteEndArray();
    }

    private void WriteLogProbs(AdditionalPropertiesDictionary? kept)
    {
        if (Plain(kept, "logprobs") is not { ValueKind: JsonValueKind.True } || !Takes("logprobs"))
            return;
        writer.WriteBoolean("responseLogprobs"u8, true);
        if (Plain(kept, "top_logprobs") is { ValueKind: JsonValueKind.Number } top && WireJson.WholeNumber(top) is > 0 and var count)
            writer.WriteNumber("logprobs"u8, count);
    }

    private void WriteFormat(ChatResponseFormat? format)
    {
        if (format is not ChatResponseFormatJson json || !Takes("response_format"))
            return;
        writer.WriteString("responseMimeType"u8, "application/json"u8);
        if (json.Schema is not { } schema)
            return;
        writer.WritePropertyName("responseJsonSchema"u8);
        SchemaCleaner.Write(writer, schema, losses, "response_format.json_schema.schema");
    }

    private void WriteModalities(AdditionalPropertiesDictionary? kept)
    {
        if (Plain(kept, "modalities") is not { ValueKind: JsonValueKind.Array } modalities)
            return;
        var names = modalities.EnumerateArray()
            .Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString()!).ToList();
        if (names is [] or ["text"])
            return;
        if (names.Contains("audio") && Plain(kept, "audio") is not null)
        {
            // OpenAI's voices and formats do not exist here, and a client that plays audio cannot use text instead.
            throw RequestErrors.InvalidValue(
                "modalities",
                "Invalid 'modalities': audio output cannot be asked of this provider through this API. "
                    + "Ask for text, or choose another model.");
        }

        writer.WriteStartArray("responseModalities"u8);
        foreach (var name in names)
            writer.WriteStringValue(name.ToUpperInvariant());
        writer.WriteEndArray();
    }
}
