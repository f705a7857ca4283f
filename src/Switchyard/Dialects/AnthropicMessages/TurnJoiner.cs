using Microsoft.Extensions.AI;
using Switchyard.Dialects.Shared;

namespace Switchyard.Dialects.AnthropicMessages;

/// <summary>
/// Gathers the messages of a request. Servers of this format make one turn of neighbours of one role, so the calls of a turn may come in
/// separate messages, and a result may follow a text message. Other formats want all calls in one message and the results right after it:
/// there, and only there, neighbours become one message. Others stay as the client sent them.
/// </summary>
internal sealed class TurnJoiner
{
    /// <summary>The messages so far, each with its place in the request.</summary>
    private readonly List<(ChatMessage Message, int At)> _turns = [];

    private int _count;

    /// <summary>Whether the last message is the assistant's and holds a call.</summary>
    private bool _endsInCall;

    /// <summary>Adds the next message.</summary>
    public void Add(ChatMessage message)
    {
        var first = FirstOfTurn(message);
        var calls = message.Role == ChatRole.Assistant && message.Contents.Any(static content => content is FunctionCallContent);
        _endsInCall = calls || (first < _turns.Count && _endsInCall);
        _turns.Add((message, _count++));
        for (var i = first + 1; i < _turns.Count; i++)
            Join(_turns[first].Message, _turns[i].Message);
        _turns.RemoveRange(first + 1, _turns.Count - first - 1);
    }

    /// <summary>All messages, in order; the caller may add more to the list.</summary>
    public List<ChatMessage> ToList()
    {
        var messages = new List<ChatMessage>(_turns.Count + 1);
        foreach (var (message, at) in _turns)
        {
            MessagePlace.MoveUp(message, at - messages.Count);
            messages.Add(message);
        }

        return messages;
    }

    /// <summary>The index of the message that this one is joined to; past the last one if it stays separate.</summary>
    private int FirstOfTurn(ChatMessage message)
    {
        var first = _turns.Count;
        if (message.Role == ChatRole.Assistant)
            return _endsInCall ? first - 1 : first;
        if (message.Role != ChatRole.System && message.Contents.Any(static content => content is FunctionResultContent))
        {
            // Text may come only after results, so user messages before these are joined. Earlier results have their own role and stay.
            while (first > 0 && _turns[first - 1].Message.Role == ChatRole.User)
                first--;
        }

        return first;
    }

    /// <summary>Adds the contents and members of a message to another; of two members with one name the later one stays.</summary>
    private static void Join(ChatMessage first, ChatMessage next)
    {
        foreach (var content in next.Contents)
            first.Contents.Add(content);
        foreach (var (name, value) in next.AdditionalProperties ?? [])
            (first.AdditionalProperties ??= [])[name] = value;
    }
}
