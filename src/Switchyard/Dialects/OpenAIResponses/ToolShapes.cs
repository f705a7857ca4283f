using System.Buffers;
using System.Text.Json;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.OpenAIResponses;

/// <summary>
/// The shapes of tool choices and custom tools in OpenAI chat, where the members are one object deeper: the canonical form keeps them
/// as chat writes them.
/// </summary>
internal static class ToolShapes
{
    /// <summary><c>{type, mode, tools}</c> or <c>{type, name}</c> as chat writes it; null for a choice chat does not have.</summary>
    public static JsonElement? ChoiceToChat(JsonElement choice) => choice.Text("type") switch
    {
        "allowed_tools" when choice.Member("tools") is { ValueKind: JsonValueKind.Array } tools => Write(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("type"u8, "allowed_tools"u8);
            writer.WriteStartObject("allowed_tools"u8);
            writer.WriteString("mode"u8, choice.Text("mode") ?? "auto");
            writer.WriteStartArray("tools"u8);
            foreach (var tool in tools.EnumerateArray())
                Nest(writer, tool);
            writer.WriteEndArray();
            writer.WriteEndObject();
            writer.WriteEndObject();
        }),
        "custom" => Write(writer => Nest(writer, choice)),
        _ => null,
    };

    /// <summary>A custom tool as chat writes it.</summary>
    public static JsonElement CustomToolToChat(JsonElement tool) => Write(writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, "custom"u8);
        writer.WriteStartObject("custom"u8);
        foreach (var member in tool.EnumerateObject())
        {
            if (member.NameEquals("type"))
                continue;
            if (member.NameEquals("format") && member.Value.ValueKind == JsonValueKind.Object)
            {
                writer.WritePropertyName("format"u8);
                Nest(writer, member.Value);
            }
            else
            {
                member.WriteTo(writer);
            }
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    });

    /// <summary>Writes a choice in chat's shape as this format has it.</summary>
    public static void WriteChoice(Utf8JsonWriter writer, JsonElement choice)
    {
        if (choice.Member("allowed_tools") is not { ValueKind: JsonValueKind.Object } allowed)
        {
            Flatten(writer, choice);
            return;
        }

        writer.WriteStartObject();
        writer.WriteString("type"u8, "allowed_tools"u8);
        writer.WriteString("mode"u8, allowed.Text("mode") ?? "auto");
        writer.WriteStartArray("tools"u8);
        if (allowed.Member("tools") is { ValueKind: JsonValueKind.Array } tools)
        {
            foreach (var tool in tools.EnumerateArray())
                Flatten(writer, tool);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    /// <summary>Writes a custom tool in chat's shape as this format has it: its grammar, too, is one object deeper there.</summary>
    public static void WriteCustomTool(Utf8JsonWriter writer, JsonElement custom)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, "custom"u8);
        foreach (var member in custom.EnumerateObject())
        {
            if (member.NameEquals("format") && member.Value.ValueKind == JsonValueKind.Object)
            {
                writer.WritePropertyName("format"u8);
                Flatten(writer, member.Value);
            }
            else
            {
                member.WriteTo(writer);
            }
        }

        writer.WriteEndObject();
    }

    /// <summary><c>{type:t, t:{…}}</c> becomes <c>{type:t, …}</c>.</summary>
    private static void Flatten(Utf8JsonWriter writer, JsonElement value)
    {
        if (value.Text("type") is not { } type || value.Member(type) is not { ValueKind: JsonValueKind.Object } inner)
        {
            value.WriteTo(writer);
            return;
        }

        writer.WriteStartObject();
        writer.WriteString("type"u8, type);
        foreach (var member in inner.EnumerateObject())
            member.WriteTo(writer);
        writer.WriteEndObject();
    }

    /// <summary><c>{type:t, …}</c> becomes <c>{type:t, t:{…}}</c>.</summary>
    private static void Nest(Utf8JsonWriter writer, JsonElement value)
    {
        if (value.Text("type") is not ("function" or "custom" or "grammar"))
        {
            value.WriteTo(writer);
            return;
        }

        var type = value.Text("type")!;
        writer.WriteStartObject();
        writer.WriteString("type"u8, type);
        writer.WriteStartObject(type);
        foreach (var member in value.EnumerateObject())
        {
            if (!member.NameEquals("type"))
                member.WriteTo(writer);
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static JsonElement Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, WireJson.WriterOptions))
            write(writer);
        return JsonElement.Parse(buffer.WrittenSpan);
    }
}
