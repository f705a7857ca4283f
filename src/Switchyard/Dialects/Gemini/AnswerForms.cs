namespace Switchyard.Dialects.Gemini;

/// <summary>The forms of an answer that an address asks for.</summary>
internal static class AnswerForms
{
    /// <summary>A stream as one JSON list, each chunk an item of it, rather than as server-sent events.</summary>
    public const string Array = "array";

    /// <summary>One vector rather than a list of them.</summary>
    public const string Single = "single";
}
