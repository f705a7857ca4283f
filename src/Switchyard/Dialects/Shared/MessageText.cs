using System.Text;
using Microsoft.Extensions.AI;

namespace Switchyard.Dialects.Shared;

/// <summary>
/// The text of a message for the formats that hold it as one string. Consecutive texts of the model are pieces of one, as sent by a client
/// that keeps an answer's chunks; all others begin on a new line.
/// </summary>
/// <param name="isAnswer">Whether the message is the model's.</param>
internal sealed class MessageText(bool isAnswer)
{
    private readonly StringBuilder _text = new();
    private bool _isInRow;

    /// <summary>The text of a message's text contents.</summary>
    public static string Of(ChatMessage message)
    {
        var text = new MessageText(message.Role == ChatRole.Assistant);
        foreach (var content in message.Contents)
            text.Add(content);
        return text.ToString();
    }

    /// <summary>Adds a text; any other content ends a sequence of texts.</summary>
    public void Add(AIContent content)
    {
        if (content is TextContent text)
            Add(text.Text);
        else
            _isInRow = false;
    }

    public void Add(string text)
    {
        if (text.Length == 0)
            return;
        if (_text.Length > 0 && !(isAnswer && _isInRow))
            _text.Append('\n');
        _text.Append(text);
        _isInRow = true;
    }

    public override string ToString() => _text.ToString();
}
