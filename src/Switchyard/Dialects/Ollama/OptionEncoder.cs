using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Targets;

namespace Switchyard.Dialects.Ollama;

/// <summary>
/// Writes the fields of a request beside messages and tools: thinking, the answer's format, and the sampler's <c>options</c>.
/// </summary>
internal sealed class OptionEncoder(Utf8JsonWriter writer, EgressTarget target, LossReport losses)
{
    private const string OwnOptions = "options";

    // OpenAI-compatible servers' names for options of the same sampler.
    private static readonly (string Ours, string Theirs)[] Extensions =
        [("min_p", "min_p"), ("typical_p", "typical_p"), ("repetition_penalty", "repeat_penalty")];

    public void Write(ChatOptions options)
    {
        WriteThink(options);
        WriteFormat(options);
        WriteOptions(options);
        WriteLogProbs(options.AdditionalProperties);
        WriteOwn(options.AdditionalProperties);
    }

    /// <summary>Whether this class writes the field of OpenAI chat.</summary>
    public static bool Carries(string name, JsonElement value, ChatOptions options) => name switch
    {
        "reasoning_effort" => ReasoningRequest.IsKnown(value), // Reported where it is not sent.
        "response_format" => options.ResponseFormat is not null,
        "top_k" => options.TopK is not null,
        "logprobs" => value.ValueKind == JsonValueKind.True,
        "top_logprobs" => value.ValueKind == JsonValueKind.Number,
        _ => value.ValueKind == JsonValueKind.Number && Array.Exists(Extensions, extension => extension.Ours == name),
    };

    private void WriteThink(ChatOptions options)
    {
        var wanted = ReasoningRequest.Read(options);
        if (wanted.IsUnset || KeptFields.Find(options.AdditionalProperties, DialectId.Ollama, "think") is not null)
            return;
        wanted.ReportContradicted(losses);
        if (target.Facts.Reasoning == false)
        {
            // The server refuses thinking for a model that cannot think; switching it off needs no field.
            if (!wanted.IsOff)
                losses.Drop("reasoning_effort");
            return;
        }

        if (wanted.IsOff)
            writer.WriteBoolean("think"u8, false);
        else if (wanted.Effort is null)
            writer.WriteBoolean("think"u8, true);
        else
            writer.WriteString("think"u8, LevelOf(target.Facts.NearestEffort(wanted.Effort)));
    }

    private static string LevelOf(string effort) => effort switch
    {
        "none" or "minimal" or "low" => "low",
        "medium" => "medium",
        "xhigh" or "max" => "max",
        _ => "high",
    };

    private void WriteFormat(ChatOptions options)
    {
        if (options.ResponseFormat is not ChatResponseFormatJson json
            || KeptFields.Find(options.AdditionalProperties, DialectId.Ollama, "format") is not null)
        {
            return;
        }

        // Some clients put a schema beside json_object.
        var schema = json.Schema ?? UnsupportedOptions.Find(options.AdditionalProperties, "response_format")?.Member("schema");
        writer.WritePropertyName("format"u8);
        if (schema is { ValueKind: JsonValueKind.Object } schemaObject)
            schemaObject.WriteTo(writer);
        else
            writer.WriteStringValue("json"u8);
    }

    private void WriteOptions(ChatOptions options)
    {
        var own = KeptFields.Find(options.AdditionalProperties, DialectId.Ollama, OwnOptions) is { ValueKind: JsonValueKind.Object } members
            ? members.EnumerateObject().ToList()
            : [];
        var begun = false;
        Number("temperature", options.Temperature);
        Number("top_p", options.TopP);
        Number("top_k", options.TopK);
        Number("num_predict", options.MaxOutputTokens);
        Number("presence_penalty", options.PresencePenalty);
        Number("frequency_penalty", options.FrequencyPenalty);
        if (options.Seed is { } seed && Begin("seed"))
            writer.WriteNumberValue(seed);
        if (options.StopSequences is { } stops && stops.Any(static stop => stop.Length > 0) && Begin("stop"))
            WriteStops(stops);
        foreach (var (ours, theirs) in Extensions)
        {
            if (UnsupportedOptions.Find(options.AdditionalProperties, ours) is { ValueKind: JsonValueKind.Number } value && Begin(theirs))
                value.WriteTo(writer);
        }

        foreach (var member in own)
        {
            Open();
            member.WriteTo(writer);
        }

        if (begun)
            writer.WriteEndObject();

        void Number(string name, float? value)
        {
            if (value is { } number && Begin(name))
                writer.WriteNumberValue(number);
        }

        // A field the client wrote under this format's prefix wins over the general option.
        bool Begin(string name)
        {
            if (own.Exists(member => member.NameEquals(name)))
                return false;
            Open();
            writer.WritePropertyName(name);
            return true;
        }

        void Open()
        {
            if (!begun)
                writer.WriteStartObject("options"u8);
            begun = true;
        }
    }

    /// <summary>An empty stop sequence, which matches everywhere, would end the answer before its first word.</summary>
    private void WriteStops(IList<string> stops)
    {
        writer.WriteStartArray();
        foreach (var stop in stops.Where(static stop => stop.Length > 0))
            writer.WriteStringValue(stop);
        writer.WriteEndArray();
    }

    private void WriteLogProbs(AdditionalPropertiesDictionary? kept)
    {
        if (UnsupportedOptions.Find(kept, "logprobs") is { ValueKind: JsonValueKind.True })
            writer.WriteBoolean("logprobs"u8, true);
        if (UnsupportedOptions.Find(kept, "top_logprobs") is { ValueKind: JsonValueKind.Number } top)
        {
            writer.WritePropertyName("top_logprobs"u8);
            top.WriteTo(writer);
        }
    }

    private void WriteOwn(AdditionalPropertiesDictionary? kept)
    {
        if (kept?.ContainsKey(CanonicalKeys.Own(DialectId.Ollama, OwnOptions)) == true)
        {
            kept = new AdditionalPropertiesDictionary(kept);
            kept.Remove(CanonicalKeys.Own(DialectId.Ollama, OwnOptions));
        }

        KeptFields.Write(writer, kept, DialectId.Ollama, losses, "");
    }
}
