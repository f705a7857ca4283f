using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Tools;

namespace Switchyard.Dialects.OpenAIResponses;

/// <summary>
/// The provider's question whether it may call a tool of an MCP server, and the answer. A caller in the same process gets the question as
/// content that it can answer (<see cref="ToolApprovalRequestContent.CreateResponse"/>); the item is kept whole beside it.
/// </summary>
internal static class McpApproval
{
    /// <summary>The type of the question's item.</summary>
    public const string Type = "mcp_approval_request";

    /// <summary>Reads a question; one without an id or a name, which cannot be answered, is only kept whole.</summary>
    public static AIContent Read(JsonElement item)
    {
        var whole = ContentDecoder.Whole(item);
        var (id, name) = (item.Text("id"), item.Text("name"));
        if (string.IsNullOrWhiteSpace(id) || string.IsNullOrWhiteSpace(name))
            return whole;
        var arguments = item.Member("arguments") is { ValueKind: JsonValueKind.String } text ? text.GetString()! : "";
        var call = new McpServerToolCallContent(id, name, item.Text("server_label"))
        {
            Arguments = ToolArguments.ToCall(id, name, arguments).Arguments,
        };
        return new ToolApprovalRequestContent(id, call) { AdditionalProperties = whole.AdditionalProperties };
    }

    /// <summary>Writes a question that no item of this format was kept of: another library read it.</summary>
    public static void WriteRequest(Utf8JsonWriter writer, string id, McpServerToolCallContent call)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, Type);
        writer.WriteString("id"u8, id);
        writer.WriteString("server_label"u8, call.ServerName);
        writer.WriteString("name"u8, call.Name);
        writer.WriteString("arguments"u8, call.Arguments is { } arguments ? WireJson.ToJson(arguments) : "{}");
        writer.WriteEndObject();
    }

    /// <summary>Writes an answer.</summary>
    public static void WriteResponse(Utf8JsonWriter writer, ToolApprovalResponseContent answer)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, "mcp_approval_response"u8);
        writer.WriteString("approval_request_id"u8, answer.RequestId);
        writer.WriteBoolean("approve"u8, answer.Approved);
        if (answer.Reason is { Length: > 0 } reason)
            writer.WriteString("reason"u8, reason);
        writer.WriteEndObject();
    }
}
