using Microsoft.Extensions.AI;

namespace Switchyard.Guards;

/// <summary>The texts of a question whether a tool of an MCP server may be called, and of its answer. Pure.</summary>
internal static class ApprovalTexts
{
    /// <summary>Walks the arguments of the call, and the wire object that was kept of the question.</summary>
    /// <returns>The same object if no text is replaced.</returns>
    public static ToolApprovalRequestContent Walk(ToolApprovalRequestContent question, TextWalk walk)
    {
        AdditionalPropertiesDictionary? changed = null;
        foreach (var (key, value) in question.AdditionalProperties ?? [])
        {
            if (WholeContent.IsWhole(key) && walk.WalkValue(value) is var other && !ReferenceEquals(other, value))
                (changed ??= question.AdditionalProperties!.Clone())[key] = other;
        }

        var call = Walk(question.ToolCall, walk);
        return changed is null && ReferenceEquals(call, question.ToolCall)
            ? question
            : new ToolApprovalRequestContent(question.RequestId, call) { AdditionalProperties = changed ?? question.AdditionalProperties };
    }

    /// <summary>Walks the reason of the answer, and the arguments of the call.</summary>
    /// <returns>The same object if no text is replaced.</returns>
    public static ToolApprovalResponseContent Walk(ToolApprovalResponseContent answer, TextWalk walk)
    {
        var call = Walk(answer.ToolCall, walk);
        var reason = walk.WalkValue(answer.Reason);
        return ReferenceEquals(reason, answer.Reason) && ReferenceEquals(call, answer.ToolCall)
            ? answer
            : new ToolApprovalResponseContent(answer.RequestId, answer.Approved, call)
            {
                Reason = reason as string,
                AdditionalProperties = answer.AdditionalProperties,
            };
    }

    private static ToolCallContent Walk(ToolCallContent asked, TextWalk walk)
    {
        if (asked is not McpServerToolCallContent { Arguments: { } arguments } call)
            return asked;
        Dictionary<string, object?>? changed = null;
        foreach (var (name, value) in arguments)
        {
            if (walk.WalkValue(value) is var other && !ReferenceEquals(other, value))
                (changed ??= new Dictionary<string, object?>(arguments))[name] = other;
        }

        return changed is null ? call : new McpServerToolCallContent(call.CallId, call.Name, call.ServerName)
        {
            Arguments = changed,
            AdditionalProperties = call.AdditionalProperties,
        };
    }
}
