using Microsoft.Extensions.AI;

namespace Switchyard.Guards;

/// <summary>The texts that guards check, in a fixed order, and their replacements. Belongs to one check of one side of a call.</summary>
internal sealed class GuardTexts
{
    private readonly List<bool> _isJson = [];

    // For each text the run of neighbouring parts that it belongs to; 0 for none.
    private readonly List<int> _runs = [];
    private ChatRole? _role;
    private int _run = 1;
    private bool _isPart;
    private int _next;

    /// <summary>The texts, masked by the guards that have run.</summary>
    public List<string> Texts { get; } = [];

    /// <summary>Creates a walk that collects the texts it visits.</summary>
    public TextWalk Collecting() => new(Add, this);

    /// <summary>
    /// Creates a walk that puts the texts back in the order in which they were collected; an equal text counts as unchanged.
    /// </summary>
    public TextWalk Replacing() => new((text, _) => Texts[_next++] is var other && other == text ? text : other);

    /// <summary>Adds a text.</summary>
    /// <returns>The text.</returns>
    public string Add(string text, bool isJson)
    {
        Texts.Add(text);
        _isJson.Add(isJson);
        _runs.Add(_isPart ? _run : 0);
        _isPart = false;
        return text;
    }

    /// <summary>The next texts are those of a message. Messages of the same role that follow each other are one turn.</summary>
    public void Enter(ChatRole role)
    {
        if (role != _role)
            Break();
        _role = role;
    }

    /// <summary>The next text is a part of a message, which the next part may continue.</summary>
    public void NextIsPart() => _isPart = true;

    /// <summary>The texts before are not continued by those after: content of another kind is between them.</summary>
    public void Break() => _run++;

    /// <summary>The parts of messages that follow each other, by their indexes, where there are several.</summary>
    public IEnumerable<List<int>> Joined()
    {
        List<int> parts = [];
        for (var i = 0; i < _runs.Count; i++)
        {
            // Citations of a part do not separate it from the next.
            if (_runs[i] == 0)
                continue;
            if (parts.Count > 0 && _runs[parts[^1]] != _runs[i])
            {
                if (parts.Count > 1)
                    yield return parts;
                parts = [];
            }

            parts.Add(i);
        }

        if (parts.Count > 1)
            yield return parts;
    }

    /// <summary>Skips the first texts when replacing.</summary>
    public void Skip(int count) => _next = count;

    /// <summary>A text as a guard reads it.</summary>
    /// <param name="number">The text's index.</param>
    /// <param name="guard">The guard.</param>
    public ReadText For(int number, IGuard guard) =>
        guard is ITextScanner ? ReadText.Of(Texts[number], _isJson[number]) : ReadText.AsWritten(Texts[number], _isJson[number]);
}
