using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Shared;

namespace Switchyard.Dialects.Cohere;

/// <summary>A message's contents, sorted by the place the wire has for them; each kind keeps its order.</summary>
internal sealed class MessageParts
{
    public MessageParts(ChatMessage message, string path, LossReport losses)
    {
        var thoughts = default(JoinedText);
        CitationLosses.Report(message, losses, path);
        for (var i = 0; i < message.Contents.Count; i++)
        {
            switch (message.Contents[i])
            {
                case UsageContent or ToolCallFragment:
                    break; // They describe a past answer and are not part of the conversation.
                case FunctionCallContent call:
                    Calls.Add(call);
                    break;
                case FunctionResultContent result:
                    Results.Add(result);
                    break;
                case TextReasoningContent { ProtectedData: null or "" } reasoning:
                    thoughts.Add(reasoning.Text);
                    break;
                case TextReasoningContent:
                    losses.Drop(path + ".reasoning");
                    break;
                case var content:
                    Body.Add(new TurnContent(content, message, message.Contents.Count == 1 ? $"{path}.content" : $"{path}.content[{i}]"));
                    break;
            }
        }

        Reasoning = thoughts.ToString();
    }

    public List<TurnContent> Body { get; } = [];

    public string Reasoning { get; }

    public List<FunctionCallContent> Calls { get; } = [];

    public List<FunctionResultContent> Results { get; } = [];
}
