using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Targets;

namespace Switchyard.Dialects.Cohere;

/// <summary>
/// Writes the options. A number outside the API's range is clamped and reported; a field the client wrote under this format's prefix wins
/// over the general option.
/// </summary>
internal sealed class OptionEncoder(Utf8JsonWriter writer, EgressTarget target, bool hasTools, LossReport losses)
{
    private const int MaxStops = 5;
    private const int MaxTopK = 500;

    private AdditionalPropertiesDictionary? _kept;

    public void Write(ChatOptions options)
    {
        _kept = options.AdditionalProperties;
        WriteResponseFormat(options);
        WriteThinking(options);
        if (options.MaxOutputTokens is { } limit && Begin("max_tokens"))
            writer.WriteNumberValue(limit);
        WriteStops(options.StopSequences);
        WriteSeed(options.Seed);
        Number("temperature", "temperature", options.Temperature, 0, 1, tolerance: 0);
        // The range excludes 0 and 1: they are sent as 0.01 and 0.99, without a report.
        Number("top_p", "p", options.TopP, 0.01f, 0.99f, tolerance: 0.0101f);
        Number("frequency_penalty", "frequency_penalty", options.FrequencyPenalty, 0, 1, tolerance: 0);
        Number("presence_penalty", "presence_penalty", options.PresencePenalty, 0, 1, tolerance: 0);
        WriteTopK(options.TopK);
        if (UnsupportedOptions.Find(_kept, "logprobs") is { ValueKind: JsonValueKind.True } && Begin("logprobs"))
            writer.WriteBooleanValue(true);
    }

    /// <summary>Whether this class writes the field of OpenAI chat.</summary>
    public static bool Carries(string name, JsonElement value, ChatOptions options) => name switch
    {
        "reasoning_effort" => ReasoningRequest.IsKnown(value), // Reported where it is not sent.
        "response_format" => options.ResponseFormat is not null,
        "top_k" => options.TopK is not null,
        "logprobs" => value.ValueKind == JsonValueKind.True,
        "top_logprobs" => value.ValueKind == JsonValueKind.Number && WireJson.WholeNumber(value) is 0,
        _ => false,
    };

    private bool Begin(string name)
    {
        if (KeptFields.Find(_kept, DialectId.Cohere, name) is not null)
            return false;
        writer.WritePropertyName(name);
        return true;
    }

    private void WriteResponseFormat(ChatOptions options)
    {
        if (options.ResponseFormat is not ChatResponseFormatJson json)
            return;
        if (hasTools)
        {
            throw new CallException(
                CallErrorKind.InvalidRequest,
                $"{target.Provider} cannot answer in JSON while it has tools to call. "
                    + "Leave out response_format or tools, or choose a provider that takes both.",
                "response_format");
        }

        if (!Begin("response_format"))
            return;
        // Some clients put a schema beside json_object.
        var schema = json.Schema ?? UnsupportedOptions.Find(_kept, "response_format")?.Member("schema");
        writer.WriteStartObject();
        writer.WriteString("type"u8, "json_object"u8);
        if (schema is { ValueKind: JsonValueKind.Object } schemaObject)
        {
            writer.WritePropertyName("json_schema"u8);
            schemaObject.WriteTo(writer);
        }

        writer.WriteEndObject();
    }

    private void WriteThinking(ChatOptions options)
    {
        var wanted = ReasoningRequest.Read(options);
        if (wanted.IsUnset)
            return;
        wanted.ReportContradicted(losses);
        var budget = BudgetOf(wanted, options.MaxOutputTokens);
        var refused = target.Facts.Reasoning == false || budget == 0;
        if (refused && !wanted.IsOff)
            losses.Drop("reasoning_effort");
        if (target.Facts.Reasoning == false || !Begin("thinking"))
            return;
        writer.WriteStartObject();
        writer.WriteString("type"u8, wanted.IsOff || refused ? "disabled"u8 : "enabled"u8);
        if (!wanted.IsOff && !refused && budget > 0)
            writer.WriteNumber("token_budget"u8, budget);
        writer.WriteEndObject();
    }

    /// <summary>The thinking budget to send: half of the answer's limit if it does not fit in that (0: no room); -1 for none.</summary>
    private int BudgetOf(ReasoningRequest wanted, int? limit)
    {
        if (wanted.IsOff || wanted.Budget < 0)
            return -1;
        var budget = Math.Min(wanted.BudgetOrNearest(), target.Facts.MaxReasoningBudget ?? int.MaxValue);
        return limit is { } most && budget >= most ? Math.Max(0, most / 2) : budget;
    }

    private void WriteStops(IList<string>? stops)
    {
        if (stops is null || !stops.Any(static stop => stop.Length > 0) || !Begin("stop_sequences"))
            return;
        var written = 0;
        writer.WriteStartArray();
        for (var i = 0; i < stops.Count; i++)
        {
            if (stops[i].Length == 0)
                continue;
            if (written++ < MaxStops)
                writer.WriteStringValue(stops[i]);
            else
                losses.Drop($"stop[{i}]");
        }

        writer.WriteEndArray();
    }

    private void WriteSeed(long? seed)
    {
        if (seed < 0)
            losses.Drop("seed");
        else if (seed is { } number && Begin("seed"))
            writer.WriteNumberValue(number);
    }

    private void Number(string ours, string theirs, float? value, float least, float most, float tolerance)
    {
        if (value is not { } number || !Begin(theirs))
            return;
        var nearest = Math.Clamp(number, least, most);
        if (Math.Abs(nearest - number) > tolerance)
            losses.Drop(ours);
        writer.WriteNumberValue(nearest);
    }

    private void WriteTopK(int? topK)
    {
        if (topK is not { } k || !Begin("k"))
            return;
        if (k is < 0 or > MaxTopK)
            losses.Drop("top_k");
        writer.WriteNumberValue(Math.Clamp(k, 0, MaxTopK));
    }
}
