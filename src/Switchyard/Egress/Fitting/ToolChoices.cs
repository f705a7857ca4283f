using System.Buffers;
using System.Text.Json;
using Switchyard.Dialects.Json;

namespace Switchyard.Egress.Fitting;

/// <summary>A choice among custom tools and tools of namespaces, as a choice among the functions that replace them.</summary>
/// <param name="members">The tools of namespaces, by the names they have now.</param>
/// <param name="alone">The names of the tools that are in no namespace.</param>
internal sealed class ToolChoices(IReadOnlyDictionary<string, (string Namespace, string Name)> members, HashSet<string> alone)
{
    private readonly ILookup<string, string> _groups = members.ToLookup(
        member => member.Value.Namespace, member => member.Key, StringComparer.Ordinal);

    private readonly ILookup<string, string> _names = members.ToLookup(
        member => member.Value.Name, member => member.Key, StringComparer.Ordinal);

    /// <summary>The fitted name of a tool. Choices may name a tool of a namespace by its own name alone.</summary>
    /// <param name="name">The tool's name.</param>
    /// <param name="group">The namespace the choice names; null for none.</param>
    public string NameOf(string name, string? group)
    {
        if (group is null && alone.Contains(name))
            return name;
        return _names[name].FirstOrDefault(called => group is null || members[called].Namespace == group) ?? name;
    }

    /// <summary>An <c>allowed_tools</c> choice in chat's shape.</summary>
    /// <param name="allowed">Its inner object.</param>
    /// <param name="customs">The custom tools that were made functions.</param>
    public JsonElement Allow(JsonElement allowed, HashSet<string> customs)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(output, WireJson.WriterOptions))
        {
            writer.WriteStartObject();
            writer.WriteString("type"u8, "allowed_tools"u8);
            writer.WriteStartObject("allowed_tools"u8);
            foreach (var member in allowed.EnumerateObject())
            {
                if (member.NameEquals("tools"u8) && member.Value.ValueKind == JsonValueKind.Array)
                    WriteTools(writer, member.Value, customs);
                else
                    member.WriteTo(writer);
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return JsonElement.Parse(output.WrittenSpan);
    }

    private void WriteTools(Utf8JsonWriter writer, JsonElement tools, HashSet<string> customs)
    {
        writer.WriteStartArray("tools"u8);
        foreach (var tool in tools.EnumerateArray())
        {
            var type = tool.Text("type");
            if (type == "namespace" && tool.Text("name") is { } group && _groups.Contains(group))
            {
                foreach (var called in _groups[group])
                    WriteFunction(writer, called);
            }
            else if (type is "function" or "custom" && tool.Member(type) is { } inner && inner.Text("name") is { } name
                && NameOf(name, inner.Text("namespace")) is var called && (type == "function" || customs.Contains(called)))
            {
                WriteFunction(writer, called);
            }
            else
            {
                tool.WriteTo(writer);
            }
        }

        writer.WriteEndArray();
    }

    private static void WriteFunction(Utf8JsonWriter writer, string name)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, "function"u8);
        writer.WriteStartObject("function"u8);
        writer.WriteString("name"u8, name);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }
}
