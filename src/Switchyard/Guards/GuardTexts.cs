namespace Switchyard.Guards;

/// <summary>
/// The texts that guards are asked about, in a fixed order, and what they put in their place. Belongs to one look at one side of a call.
/// </summary>
internal sealed class GuardTexts
{
    private readonly List<bool> _isJson = [];
    private int _next;

    /// <summary>The texts, masked by the guards that have been asked.</summary>
    public List<string> Texts { get; } = [];

    /// <summary>Makes a walk that collects the texts it comes to.</summary>
    public TextWalk Collecting() => new(Add);

    /// <summary>
    /// Makes a walk that gives the texts out again in the order in which they were collected; one that is equal counts as unchanged.
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

    /// <summary>Goes on giving out behind the first texts.</summary>
    public void Skip(int count) => _next = count;

    /// <summary>A text as a guard reads it.</summary>
    /// <param name="number">Its number.</param>
    /// <param name="guard">The guard.</param>
    public ReadText For(int number, IGuard guard) =>
        guard is ITextScanner ? ReadText.Of(Texts[number], _isJson[number]) : ReadText.AsWritten(Texts[number], _isJson[number]);
}
