using System.Text.Json;
using Switchyard.Refinement.Edits;

namespace Switchyard.Refinement.Asking;

/// <summary>
/// The JSON schema of the answer: a list of edits, each with a field, one of the known changes, a value and a reason. It cannot
/// carry code.
/// </summary>
internal static class ProposalSchema
{
    public const string Name = "schema_edits";

    public static readonly JsonElement Schema = Build();

    private static JsonElement Build()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            Begin(json, "edits");
            json.WriteStartObject("edits");
            json.WriteString("type", "array");
            json.WriteStartObject("items");
            Describe(json);
            json.WriteEndObject();
            json.WriteEndObject();
            End(json);
        }

        return JsonElement.Parse(buffer.ToArray());
    }

    private static void Describe(Utf8JsonWriter json)
    {
        string[] members = ["field", "change", "value", "reason"];
        json.WriteString("type", "object");
        json.WriteStartObject("properties");
        foreach (var member in members)
        {
            json.WriteStartObject(member);
            json.WriteString("type", "string");
            if (member == "change")
            {
                json.WriteStartArray("enum");
                foreach (var name in ChangeNames.All)
                    json.WriteStringValue(name);
                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
        WriteClosed(json, members);
    }

    private static void Begin(Utf8JsonWriter json, params string[] members)
    {
        json.WriteStartObject();
        json.WriteString("type", "object");
        WriteClosed(json, members);
        json.WriteStartObject("properties");
    }

    private static void End(Utf8JsonWriter json)
    {
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>Strict modes need every member listed as required, and no other members.</summary>
    private static void WriteClosed(Utf8JsonWriter json, string[] members)
    {
        json.WriteStartArray("required");
        foreach (var member in members)
            json.WriteStringValue(member);
        json.WriteEndArray();
        json.WriteBoolean("additionalProperties", false);
    }
}
