using System.Text.Json;
using Switchyard.Canonical;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Targets;

namespace Switchyard.Dialects.OpenAIResponses;

/// <summary>Writes top-level request fields under the names the target knows, and reports those it refuses.</summary>
internal readonly struct FieldWriter(Utf8JsonWriter writer, ProviderQuirks quirks, LossReport losses)
{
    public Utf8JsonWriter Json => writer;

    public LossReport Losses => losses;

    /// <summary>Whether the target refuses the field.</summary>
    public bool Refuses(string name) => quirks.UnsupportedParams.Contains(name);

    /// <summary>Writes the name, unless the target refuses the field.</summary>
    /// <returns>Whether the value must follow.</returns>
    public bool Begin(string name)
    {
        if (Refuses(name))
        {
            losses.Drop(name);
            return false;
        }

        writer.WritePropertyName(quirks.RenamedParams.TryGetValue(name, out var theirs) ? theirs : name);
        return true;
    }

    public void Number(string name, float? value)
    {
        if (value is { } number && Begin(name))
            writer.WriteNumberValue(number);
    }

    public void Integer(string name, long? value)
    {
        if (value is { } number && Begin(name))
            writer.WriteNumberValue(number);
    }

    public void Text(string name, string? value)
    {
        if (value is not null && Begin(name))
            writer.WriteStringValue(value);
    }

    public void Element(string name, JsonElement? value)
    {
        if (value is { } element && !(Refuses(name) && FieldDefaults.IsDefault(name, element)) && Begin(name))
            element.WriteTo(writer);
    }
}
