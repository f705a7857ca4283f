using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Targets;

namespace Switchyard.Dialects.OpenAIChat;

/// <summary>
/// Writes top-level request fields under the names the target knows, and reports those it refuses. An entry in the request's additional
/// properties wins over the typed option of the same name, which cannot hold all of it.
/// </summary>
internal readonly struct FieldWriter(Utf8JsonWriter writer, ProviderQuirks quirks, LossReport losses, AdditionalPropertiesDictionary? kept)
{
    public Utf8JsonWriter Json => writer;

    public LossReport Losses => losses;

    public ProviderQuirks Quirks => quirks;

    /// <summary>Writes the name of a typed option, unless an additional property replaces it or the target refuses it.</summary>
    /// <returns>Whether the value must follow.</returns>
    public bool Begin(string name, object? value) => kept?.ContainsKey(name) != true && BeginKept(name, value);

    /// <summary>Writes the name of any field, unless the target refuses it.</summary>
    public bool BeginKept(string name, object? value)
    {
        if (Refuses(name))
        {
            if (!FieldDefaults.IsDefault(name, value))
                losses.Drop(name);
            return false;
        }

        // A client that knows the provider may write its own name for a field, too: the same name must not be written twice.
        if (quirks.RenamedParams.TryGetValue(name, out var theirs) && IsKept(theirs))
        {
            if (!FieldDefaults.IsDefault(name, value))
                losses.Drop(name);
            return false;
        }

        if (quirks.RenamedParams.Count > 0 && IsNull(value) && quirks.RenamedParams.Values.Contains(name))
            return false;

        writer.WritePropertyName(theirs ?? name);
        return true;
    }

    private bool IsKept(string name) => kept is not null && kept.TryGetValue(name, out var value) && !IsNull(value);

    private static bool IsNull(object? value) => value is null or JsonElement { ValueKind: JsonValueKind.Null };

    public bool Refuses(string name)
    {
        for (var i = 0; i < quirks.UnsupportedParams.Count; i++)
        {
            if (string.Equals(quirks.UnsupportedParams[i], name, StringComparison.Ordinal))
                return true;
        }

        return false;
    }

    public void Number(string name, float? value)
    {
        if (value is { } number && Begin(name, number))
            writer.WriteNumberValue(number);
    }

    public void Integer(string name, long? value)
    {
        if (value is { } number && Begin(name, number))
            writer.WriteNumberValue(number);
    }
}
