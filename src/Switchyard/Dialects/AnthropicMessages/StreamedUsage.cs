using System.Buffers;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.AnthropicMessages;

/// <summary>
/// The usage of a stream. It comes in several objects: that of the beginning has the counts of the prompt, that of the end what is known
/// only then, such as how often the provider's own tools were used.
/// </summary>
internal struct StreamedUsage
{
    private UsageCounts _counts;
    private JsonElement? _first;

    // The members of later objects that are no counts. A provider may send tens of thousands, so they are not searched one by one.
    private Dictionary<string, JsonElement>? _later;
    private bool _hasIterations;

    /// <summary>The counts so far.</summary>
    public readonly TokenUsage Usage => _counts.Usage;

    /// <summary>Whether only the beginning has counted the answer's tokens.</summary>
    public readonly bool IsOutputOfStart => _counts.IsOutputOfStart;

    /// <summary>Takes the usage object of the beginning; anything else changes nothing.</summary>
    public void TakeStart(JsonElement? usage)
    {
        Take(usage);
        _counts.EndStart();
    }

    /// <summary>Takes a usage object; anything else changes nothing.</summary>
    public void Take(JsonElement? usage)
    {
        if (usage is not { ValueKind: JsonValueKind.Object } counts)
            return;
        _counts.Take(counts);
        // The writer needs the list to know which counts are in it alone; one without such counts does not replace one with them.
        var hasIterations = !UsageCounts.IterationsOf(counts).IsEmpty;
        var keepsIterations = _hasIterations && !hasIterations;
        _hasIterations |= hasIterations;
        if (_first is null)
        {
            _first = counts;
            return;
        }

        foreach (var member in counts.EnumerateObject())
        {
            if (member.Value.ValueKind == JsonValueKind.Null || UsageWriter.IsCount(member)
                || (keepsIterations && member.NameEquals("iterations")))
            {
                continue;
            }

            (_later ??= new(StringComparer.Ordinal))[member.Name] = member.Value;
        }
    }

    /// <summary>Takes out the content that reports the usage; null if the provider sent none, or it has been taken out.</summary>
    public UsageContent? TakeContent()
    {
        if (_first is not { } first)
            return null;
        var own = _later is { } later ? Joined(first, later) : first;
        _first = null;
        return new UsageContent(_counts.Usage.ToUsageDetails()) { AdditionalProperties = new() { [AnthropicKeys.OwnUsage] = own } };
    }

    /// <summary>The first object with the members of the later ones.</summary>
    private static JsonElement Joined(JsonElement first, Dictionary<string, JsonElement> later)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(output, WireJson.WriterOptions))
        {
            writer.WriteStartObject();
            foreach (var member in first.EnumerateObject())
            {
                if (!later.ContainsKey(member.Name))
                    member.WriteTo(writer);
            }

            foreach (var (name, value) in later)
            {
                writer.WritePropertyName(name);
                value.WriteTo(writer);
            }

            writer.WriteEndObject();
        }

        return JsonElement.Parse(output.WrittenSpan);
    }
}
