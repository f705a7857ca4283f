namespace Switchyard.Dialects.Shared.Tools;

/// <summary>
/// Tells whether the arguments of a tool call that arrive in pieces are complete, by counting their braces: reading the whole text again
/// with each piece would take the square of its length.
/// </summary>
internal struct ArgumentScan
{
    private int _depth;
    private bool _isObject;
    private bool _inText;
    private bool _escaped;

    /// <summary>Whether an object was begun, and every brace is closed.</summary>
    public readonly bool IsWhole => _isObject && _depth == 0 && !_inText;

    /// <summary>Takes the next piece.</summary>
    public void Take(string piece)
    {
        foreach (var c in piece)
            Take(c);
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
