using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using Switchyard.Common;
using Switchyard.Dialects.Shared.Tools;

namespace Switchyard.Dialects.OpenAIResponses;

// HostedImageGenerationTool is experimental in Microsoft.Extensions.AI 10.11; a program that has one accepts that itself.
#pragma warning disable MEAI001

/// <summary>
/// Writes tools that the provider runs itself, as a caller in this process declares them (<see cref="HostedTools.AreOfResponses"/>). A JSON
/// value among their additional properties is a member of the tool, and replaces the one that is made of a property.
/// </summary>
internal static class HostedToolEncoder
{
    public static void Write(AITool tool, FieldWriter fields, string path)
    {
        var writer = fields.Json;
        var own = new OwnMembers(writer, tool);
        writer.WriteStartObject();
        own.Text("type", tool switch
        {
            HostedCodeInterpreterTool => "code_interpreter",
            HostedFileSearchTool => "file_search",
            HostedMcpServerTool => "mcp",
            HostedImageGenerationTool => "image_generation",
            _ => "web_search",
        });
        switch (tool)
        {
            case HostedCodeInterpreterTool code:
                if (!own.Begin("container"))
                    break;
                WriteContainer(writer, code);
                Report(code.Inputs, static input => input is HostedFileContent, fields, path);
                break;
            case HostedFileSearchTool search:
                WriteSearch(own, search);
                Report(search.Inputs, static input => input is HostedVectorStoreContent, fields, path);
                break;
            case HostedMcpServerTool server:
                WriteServer(own, server);
                break;
            case HostedImageGenerationTool { Options: { } options }:
                WriteImage(own, options);
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
        writer.WriteStartObject();
        writer.WriteString("type"u8, "auto"u8);
        WriteTexts(writer, "file_ids", tool.Inputs?.OfType<HostedFileContent>().Select(file => file.FileId));
        writer.WriteEndObject();
    }

    private static void WriteSearch(OwnMembers own, HostedFileSearchTool tool)
    {
        own.Texts("vector_store_ids", tool.Inputs?.OfType<HostedVectorStoreContent>().Select(store => store.VectorStoreId));
        if (tool.MaximumResultCount is { } most && own.Begin("max_num_results"))
            own.Json.WriteNumberValue(most);
    }

    private static void WriteServer(OwnMembers own, HostedMcpServerTool tool)
    {
        own.Text("server_label", tool.ServerName);
        // A connector of the provider has a name in place of an address.
        own.Text(Uri.TryCreate(tool.ServerAddress, UriKind.Absolute, out _) ? "server_url" : "connector_id", tool.ServerAddress);
        if (tool.ServerDescription is { Length: > 0 } description)
            own.Text("server_description", description);
        own.Texts("allowed_tools", tool.AllowedTools);
        if (tool.ApprovalMode is { } mode && own.Begin("require_approval"))
            WriteApproval(own.Json, mode);
        if (tool.Headers is not { Count: > 0 } headers || !own.Begin("headers"))
            return;
        own.Json.WriteStartObject();
        foreach (var (name, value) in headers)
            own.Json.WriteString(name, value);
        own.Json.WriteEndObject();
    }

    private static void WriteApproval(Utf8JsonWriter writer, HostedMcpServerToolApprovalMode mode)
    {
        if (mode is HostedMcpServerToolRequireSpecificApprovalMode specific)
        {
            writer.WriteStartObject();
            WriteNames(writer, "always", specific.AlwaysRequireApprovalToolNames);
            WriteNames(writer, "never", specific.NeverRequireApprovalToolNames);
            writer.WriteEndObject();
            return;
        }

        writer.WriteStringValue(mode is HostedMcpServerToolNeverRequireApprovalMode ? "never"u8 : "always"u8);
    }

    private static void WriteImage(OwnMembers own, ImageGenerationOptions options)
    {
        if (options.ModelId is { } model)
            own.Text("model", model);
        if (options.ImageSize is { } size)
            own.Text("size", string.Create(CultureInfo.InvariantCulture, $"{size.Width}x{size.Height}"));
        if (options.MediaType is { } type)
            own.Text("output_format", MediaKinds.SubtypeOf(type));
        if (options.StreamingCount is { } partial && own.Begin("partial_images"))
            own.Json.WriteNumberValue(partial);
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

    /// <summary>Writes what a tool's properties hold, except for members that its additional properties hold as JSON.</summary>
    private readonly struct OwnMembers(Utf8JsonWriter writer, AITool tool)
    {
        public Utf8JsonWriter Json => writer;

        /// <summary>Writes the name.</summary>
        /// <returns>Whether the value must follow.</returns>
        public bool Begin(string name)
        {
            if (IsReplaced(name))
                return false;
            writer.WritePropertyName(name);
            return true;
        }

        public void Text(string name, string? value)
        {
            if (Begin(name))
                writer.WriteStringValue(value);
        }

        public void Texts(string name, IEnumerable<string>? values)
        {
            if (!IsReplaced(name))
                WriteTexts(writer, name, values);
        }

        private bool IsReplaced(string name) =>
            tool.AdditionalProperties.TryGetValue(name, out var value) && value is JsonElement or JsonNode;
    }
}
#pragma warning restore MEAI001
