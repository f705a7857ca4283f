namespace Switchyard.Guards;

/// <summary>The texts that guards check, in a fixed order, and their replacements. Belongs to one check of one side of a call.</summary>
internal sealed class GuardTexts
{
    private readonly List<bool> _isJson = [];
    private int _next;

    /// <summary>The texts, masked by the guards that have run.</summary>
    public List<string> Texts { get; } = [];

    /// <summary>Creates a walk that collects the texts it visits.</summary>
    public TextWalk Collecting() => new(Add);

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
        return text;
    }

    /// <summary>Skips the first texts when replacing.</summary>
    public void Skip(int count) => _next = count;

    /// <summary>A text as a guard reads it.</summary>
    /// <param name="number">The text's index.</param>
    /// <param name="guard">The guard.</param>
    public ReadText For(int number, IGuard guard) =>
        guard is ITextScanner ? ReadText.Of(Texts[number], _isJson[number]) : ReadText.AsWritten(Texts[number], _isJson[number]);
}
