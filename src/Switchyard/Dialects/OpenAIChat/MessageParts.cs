using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.OpenAIChat;

/// <summary>A message's contents, sorted by the place the wire has for them; each kind keeps its order.</summary>
internal readonly struct MessageParts
{
    public MessageParts(IList<AIContent> contents)
    {
        foreach (var content in contents)
        {
            switch (content)
            {
                case TextReasoningContent reasoning:
                    Reasoning.Add(reasoning);
                    break;
                case FunctionCallContent:
                    Calls.Add(content);
                    break;
                case FunctionResultContent result:
                    Results.Add(result);
                    break;
                case UsageContent or ToolCallFragment:
                    break; // They describe a past answer and are not part of the conversation.
                case not null when IsRawToolCall(content):
                    Calls.Add(content);
                    break;
                case not null:
                    Body.Add(content);
                    break;
            }
        }
    }

    public List<AIContent> Body { get; } = [];

    public List<TextReasoningContent> Reasoning { get; } = [];

    public List<AIContent> Calls { get; } = [];

    public List<FunctionResultContent> Results { get; } = [];

    /// <summary>A kept object with an id is a tool call of a vendor's own kind; content parts have none.</summary>
    public static bool IsRawToolCall(AIContent content) =>
        ContentEncoder.RawOf(content) is { } raw && raw.Member("id") is not null;
}
