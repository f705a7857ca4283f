using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Dialects.Shared.Tools;

namespace Switchyard.Dialects.OpenAIResponses;

/// <summary>Writes <c>tools</c>, in the request's order.</summary>
internal static class ToolEncoder
{
    /// <summary>OpenAI chat keeps the members beside a tool's function under this prefix.</summary>
    private const string BesideFunction = "tool:";

    /// <param name="tools">The tools.</param>
    /// <param name="fields">Takes the field.</param>
    /// <param name="isNative">Whether the client speaks this format: a missing <c>strict</c> then keeps this format's default.</param>
    /// <param name="request">The options of the request being written; null if an answer repeats its tools.</param>
    /// <returns>Whether any tool was written.</returns>
    public static bool Write(IList<AITool>? tools, FieldWriter fields, bool isNative, ChatOptions? request = null)
    {
        if (tools is not { Count: > 0 })
            return false;
        var begun = false;
        for (var i = 0; i < tools.Count; i++)
        {
            if (!CanWrite(tools[i]))
            {
                if (request is not null)
                    ForeignTools.LeaveOut(tools[i], i, request, fields.Losses);
                continue;
            }

            if (!begun)
            {
                if (!fields.Begin("tools"))
                    return false;
                fields.Json.WriteStartArray();
                begun = true;
            }

            Write(tools[i], fields, isNative, $"tools[{i}]");
        }

        if (begun)
            fields.Json.WriteEndArray();
        return begun;
    }

    private static bool CanWrite(AITool tool) =>
        tool is AIFunctionDeclaration || HostedTools.AreOfResponses(tool) || RawOf(tool, ItemKeys.Raw) is not null
        || CustomOf(tool) is not null;

    private static void Write(AITool tool, FieldWriter fields, bool isNative, string path)
    {
        var writer = fields.Json;
        if (RawOf(tool, ItemKeys.Raw) is { } raw)
        {
            raw.WriteTo(writer);
        }
        else if (CustomOf(tool) is { } custom)
        {
            ToolShapes.WriteCustomTool(writer, custom);
        }
        else if (tool is AIFunctionDeclaration function)
        {
            WriteFunction(function, fields, isNative, path);
        }
        else
        {
            HostedToolEncoder.Write(tool, fields, path);
        }
    }

    private static void WriteFunction(AIFunctionDeclaration tool, FieldWriter fields, bool isNative, string path)
    {
        var writer = fields.Json;
        writer.WriteStartObject();
        writer.WriteString("type"u8, "function"u8);
        writer.WriteString("name"u8, tool.Name);
        if (DeclaredFunction.DescriptionOf(tool) is { } description)
            writer.WriteString("description"u8, description);
        writer.WritePropertyName("parameters"u8);
        if (DeclaredFunction.SchemaOf(tool) is { ValueKind: JsonValueKind.Object } schema)
            schema.WriteTo(writer);
        else
            ToolSchema.WriteObject(writer, null);

        var kept = tool.AdditionalProperties;
        if (kept.TryGetValue(CanonicalKeys.StrictArguments, out var strict) && strict is bool or JsonElement)
        {
            writer.WritePropertyName("strict"u8);
            writer.WriteValue(strict);
        }
        else if (!isNative)
        {
            // This format is strict by default; the others are not.
            writer.WriteBoolean("strict"u8, false);
        }

        var members = kept as AdditionalPropertiesDictionary;
        KeptFields.Write(writer, members, DialectId.OpenAIResponses, fields.Losses, path);
        writer.WriteEndObject();
        foreach (var (name, value) in kept)
        {
            if (value is not JsonElement || KeptFields.IsPrefixed(name) || name == CanonicalKeys.StrictArguments)
                continue;
            fields.Losses.Drop(
                $"{path}.{(name.StartsWith(BesideFunction, StringComparison.Ordinal) ? name[BesideFunction.Length..] : name)}");
        }
    }

    private static JsonElement? CustomOf(AITool tool) =>
        RawOf(tool, CanonicalKeys.RawOpenAIChat)?.Member("custom") is { ValueKind: JsonValueKind.Object } custom ? custom : null;

    private static JsonElement? RawOf(AITool tool, string key) =>
        tool.AdditionalProperties.TryGetValue(key, out var raw) && raw is JsonElement element ? element : null;
}
