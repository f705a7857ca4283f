using Microsoft.Extensions.AI;
using Switchyard.Dialects.Shared;

namespace Switchyard.Egress.InProcess;

/// <summary>
/// Leaves out of an answer the tool calls that a client in this process has made itself, and their results: an agent calls its own
/// functions, and a caller over the wire would try to make the calls itself. In a stream only a later result shows that a call was made, so
/// calls are emitted at the end, with the end itself. Not thread-safe; one per stream.
/// </summary>
internal sealed class ExecutedCalls
{
    private readonly List<FunctionCallContent> _open = [];
    private ChatResponseUpdate? _calling;
    private ChatResponseUpdate? _end;

    /// <summary>Leaves them out of a whole answer, which belongs to the call; its messages may be the client's.</summary>
    public static void LeaveOut(ChatResponse answer)
    {
        var answered = answer.Messages.SelectMany(message => message.Contents).OfType<FunctionResultContent>()
            .Select(result => result.CallId).ToHashSet(StringComparer.Ordinal);
        var isChanged = false;
        for (var i = answer.Messages.Count - 1; i >= 0; i--)
        {
            var message = answer.Messages[i];
            List<AIContent> others = [.. message.Contents.Where(content => !IsExecuted(content, answered))];
            if (others.Count == message.Contents.Count)
                continue;
            isChanged = true;
            if (others.Count == 0 && answer.Messages.Count > 1)
            {
                answer.Messages.RemoveAt(i);
                continue;
            }

            answer.Messages[i] = message.Clone();
            answer.Messages[i].Contents = others;
        }

        var mayCall = answer.Messages.Any(message => message.Contents.Any(content => content is FunctionCallContent));
        if (isChanged && !mayCall && answer.FinishReason == ChatFinishReason.ToolCalls)
            answer.FinishReason = ChatFinishReason.Stop;
    }

    /// <summary>Takes the next update of a stream, which is not changed.</summary>
    /// <returns>The part of it that is emitted now; null for none.</returns>
    public ChatResponseUpdate? Take(ChatResponseUpdate update)
    {
        // Each of several choices has its own end, and only engines return several; engines call nothing themselves.
        if (AnswerLosses.ChoiceOf(update.AdditionalProperties) > 0)
            return update;
        var contents = WithoutCalls(update);
        var mayEnd = _calling is not null && update.FinishReason is not null;
        if (!mayEnd && ReferenceEquals(contents, update.Contents))
            return update;
        var given = update.Clone();
        given.Contents = contents;
        if (mayEnd)
        {
            _end = update.Clone();
            (given.FinishReason, given.AdditionalProperties) = (null, null);
        }

        return contents.Count > 0 ? given : null;
    }

    /// <summary>The end of a stream that held calls, with the calls that were not made; null if nothing is left to emit.</summary>
    public ChatResponseUpdate? End()
    {
        if (_calling is null || (_end is null && _open.Count == 0))
            return null;
        var end = _end ?? _calling.Clone();
        end.Contents = [.. _open];
        if (_open.Count == 0 && end.FinishReason == ChatFinishReason.ToolCalls)
            end.FinishReason = ChatFinishReason.Stop;
        return end;
    }

    private IList<AIContent> WithoutCalls(ChatResponseUpdate update)
    {
        var contents = update.Contents;
        if (!contents.Any(static content => content is FunctionCallContent or FunctionResultContent))
            return contents;
        var others = new List<AIContent>(contents.Count);
        foreach (var content in contents)
        {
            switch (content)
            {
                case FunctionCallContent call:
                    _calling = update;
                    if (!call.InformationalOnly)
                        _open.Add(call);
                    break;
                case FunctionResultContent result:
                    _open.RemoveAll(call => call.CallId == result.CallId);
                    break;
                default:
                    others.Add(content);
                    break;
            }
        }

        return others;
    }

    private static bool IsExecuted(AIContent content, HashSet<string> answered) => content switch
    {
        FunctionResultContent => true,
        FunctionCallContent call => call.InformationalOnly || answered.Contains(call.CallId),
        _ => false,
    };
}
