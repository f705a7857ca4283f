namespace Switchyard.Refinement.Schemas;

/// <summary>A replacement of a piece of a text; a piece of length 0 inserts.</summary>
/// <param name="Start">Where the piece begins.</param>
/// <param name="End">Where it ends.</param>
/// <param name="Text">The replacement.</param>
internal readonly record struct TextEdit(int Start, int End, string Text)
{
    /// <summary>Applies edits that do not overlap; those at one position in the given order.</summary>
    public static string Apply(string text, params IReadOnlyList<TextEdit> edits)
    {
        foreach (var edit in edits.Reverse().OrderByDescending(edit => edit.Start))
            text = string.Concat(text.AsSpan(0, edit.Start), edit.Text, text.AsSpan(edit.End));
        return text;
    }
}
