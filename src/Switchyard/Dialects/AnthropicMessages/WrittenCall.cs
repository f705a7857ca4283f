using System.Text;

namespace Switchyard.Dialects.AnthropicMessages;

/// <summary>
/// One tool call of a stream being written. It counts the braces of its arguments, because only that tells in time that they are complete
/// and the next block may begin.
/// </summary>
internal sealed class WrittenCall(int? source, string id, string name)
{
    private int _depth;
    private bool _isObject;
    private bool _inText;
    private bool _escaped;

    /// <summary>The call's position as the decoder counts; null for one that came whole.</summary>
    public int? Source { get; } = source;

    public string Id { get; } = id;

    public string Name { get; } = name;

    /// <summary>Whether its arguments are complete.</summary>
    public bool IsComplete { get; set; }

    public bool HasArguments { get; private set; }

    /// <summary>The arguments that wait for another block to end.</summary>
    public StringBuilder Waiting { get; } = new();

    /// <summary>Takes the next piece of the arguments.</summary>
    /// <returns>False when the piece is empty or the arguments were complete already: it is not to be sent.</returns>
    public bool Take(string arguments)
    {
        if (IsComplete || arguments.Length == 0)
            return false;
        HasArguments = true;
        foreach (var c in arguments)
            Take(c);
        IsComplete = _isObject && _depth == 0 && !_inText;
        return true;
    }

    private void Take(char c)
    {
        if (_inText)
        {
            if (_escaped)
                _escaped = false;
            else if (c == '\\')
                _escaped = true;
            else if (c == '"')
                _inText = false;
            return;
        }

        switch (c)
        {
            case '"':
                _inText = true;
                break;
            case '{' or '[':
                _isObject |= _depth == 0 && c == '{';
                _depth++;
                break;
            case '}' or ']':
                _depth--;
                break;
        }
    }
}
