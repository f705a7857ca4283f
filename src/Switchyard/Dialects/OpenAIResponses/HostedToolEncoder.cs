using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using Switchyard.Common;
using Switchyard.Dialects.Shared;

namespace Switchyard.Dialects.OpenAIResponses;

// HostedImageGenerationTool is experimental in Microsoft.Extensions.AI 10.11; a program that has one accepts that itself.
#pragma warning disable MEAI001

/// <summary>
/// Writes tools that the provider runs itself, as a caller in this process declares them (<see cref="HostedTools.AreOfResponses"/>). A JSON
/// value among their additional properties is a member of the tool.
/// </summary>
internal static class HostedToolEncoder
{
    public static void Write(AITool tool, FieldWriter fields, string path)
    {
        var writer = fields.Json;
        writer.WriteStartObject();
        writer.WriteString("type"u8, tool switch
        {
            HostedCodeInterpreterTool => "code_interpreter",
            HostedFileSearchTool => "file_search",
            HostedMcpServerTool => "mcp",
            HostedImageGenerationTool => "image_generation",
            _ => "web_search",
        });
        switch (tool)
        {
            case HostedCodeInterpreterTool code when !Has(tool, "container"):
                WriteContainer(writer, code);
                Report(code.Inputs, static input => input is HostedFileContent, fields, path);
                break;
            case HostedFileSearchTool search:
                WriteSearch(writer, search);
                Report(search.Inputs, static input => input is HostedVectorStoreContent, fields, path);
                break;
            case HostedMcpServerTool server:
                WriteServer(writer, server);
                break;
            case HostedImageGenerationTool { Options: { } options }:
                WriteImage(writer, options);
                if (options.Count is > 1)
                    fields.Losses.Drop($"{path}.count");
                break;
        }

        foreach (var (name, value) in tool.AdditionalProperties)
        {
            if (value is not (JsonElement or JsonNode))
                continue;
            writer.WritePropertyName(name);
            if (value is JsonElement element)
                element.WriteTo(writer);
            else
                ((JsonNode)value).WriteTo(writer);
        }

        writer.WriteEndObject();
    }

    private static void WriteContainer(Utf8JsonWriter writer, HostedCodeInterpreterTool tool)
    {
        writer.WriteStartObject("container"u8);
        writer.WriteString("type"u8, "auto"u8);
        WriteTexts(writer, "file_ids", tool.Inputs?.OfType<HostedFileContent>().Select(file => file.FileId));
        writer.WriteEndObject();
    }

    private static void WriteSearch(Utf8JsonWriter writer, HostedFileSearchTool tool)
    {
        if (!Has(tool, "vector_store_ids"))
            WriteTexts(writer, "vector_store_ids", tool.Inputs?.OfType<HostedVectorStoreContent>().Select(store => store.VectorStoreId));
        if (tool.MaximumResultCount is { } most && !Has(tool, "max_num_results"))
            writer.WriteNumber("max_num_results"u8, most);
    }

    private static void WriteServer(Utf8JsonWriter writer, HostedMcpServerTool tool)
    {
        writer.WriteString("server_label"u8, tool.ServerName);
        // A connector of the provider has a name in place of an address.
        writer.WriteString(
            Uri.TryCreate(tool.ServerAddress, UriKind.Absolute, out _) ? "server_url"u8 : "connector_id"u8, tool.ServerAddress);
        if (tool.ServerDescription is { Length: > 0 } description)
            writer.WriteString("server_description"u8, description);
        WriteTexts(writer, "allowed_tools", tool.AllowedTools);
        switch (tool.ApprovalMode)
        {
            case HostedMcpServerToolAlwaysRequireApprovalMode:
                writer.WriteString("require_approval"u8, "always"u8);
                break;
            case HostedMcpServerToolNeverRequireApprovalMode:
                writer.WriteString("require_approval"u8, "never"u8);
                break;
            case HostedMcpServerToolRequireSpecificApprovalMode specific:
                writer.WriteStartObject("require_approval"u8);
                WriteNames(writer, "always", specific.AlwaysRequireApprovalToolNames);
                WriteNames(writer, "never", specific.NeverRequireApprovalToolNames);
                writer.WriteEndObject();
                break;
        }

        if (tool.Headers is not { Count: > 0 } headers)
            return;
        writer.WriteStartObject("headers"u8);
        foreach (var (name, value) in headers)
            writer.WriteString(name, value);
        writer.WriteEndObject();
    }

    private static void WriteImage(Utf8JsonWriter writer, ImageGenerationOptions options)
    {
        if (options.ModelId is { } model)
            writer.WriteString("model"u8, model);
        if (options.ImageSize is { } size)
            writer.WriteString("size"u8, string.Create(CultureInfo.InvariantCulture, $"{size.Width}x{size.Height}"));
        if (options.MediaType is { } type)
            writer.WriteString("output_format"u8, MediaKinds.SubtypeOf(type));
        if (options.StreamingCount is { } partial)
            writer.WriteNumber("partial_images"u8, partial);
    }

    private static void WriteNames(Utf8JsonWriter writer, string name, IEnumerable<string>? names)
    {
        if (names is null)
            return;
        writer.WriteStartObject(name);
        WriteTexts(writer, "tool_names", names);
        writer.WriteEndObject();
    }

    private static void WriteTexts(Utf8JsonWriter writer, string name, IEnumerable<string>? texts)
    {
        if (texts?.ToList() is not { Count: > 0 } list)
            return;
        writer.WriteStartArray(name);
        foreach (var text in list)
            writer.WriteStringValue(text);
        writer.WriteEndArray();
    }

    private static void Report(IEnumerable<AIContent>? inputs, Func<AIContent, bool> isWritten, FieldWriter fields, string path)
    {
        if (inputs?.All(isWritten) == false)
            fields.Losses.Drop($"{path}.inputs");
    }

    private static bool Has(AITool tool, string name) =>
        tool.AdditionalProperties.TryGetValue(name, out var value) && value is JsonElement or JsonNode;
}
#pragma warning restore MEAI001
