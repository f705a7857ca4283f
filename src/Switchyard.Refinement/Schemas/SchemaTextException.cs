namespace Switchyard.Refinement.Schemas;

/// <summary>A schema's text cannot be read; the message has the problem and its position.</summary>
internal sealed class SchemaTextException(string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>Line and column of a position in a text, both from 1.</summary>
    public static string PlaceOf(string text, int offset)
    {
        var before = text.AsSpan(0, Math.Clamp(offset, 0, text.Length));
        return $"line {before.Count('\n') + 1}, column {before.Length - before.LastIndexOf('\n')}";
    }
}
