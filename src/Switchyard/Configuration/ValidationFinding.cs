namespace Switchyard.Configuration;

/// <summary>A problem that a validator found, before its place in the file is known.</summary>
/// <param name="Path">The key, its parts joined by <see cref="ConfigurationKeys.Combine(ReadOnlySpan{string})"/>.</param>
/// <param name="Message">The problem and the expected value, without secrets.</param>
/// <param name="Severity">Whether the configuration can still be used.</param>
internal sealed record ValidationFinding(string Path, string Message, ProblemSeverity Severity = ProblemSeverity.Error)
{
    /// <summary>
    /// Placeholder for the value in <see cref="Message"/>. <c>ProblemList</c> replaces it with <see cref="Value"/>, or with the text before
    /// expansion if the value came from an environment variable: the content of a variable is never shown.
    /// </summary>
    public const string ValuePlaceholder = "\u0000value\u0000";

    /// <summary>A finding whose message shows the value at its <see cref="ValuePlaceholder"/>.</summary>
    public static ValidationFinding OfValue(
        string? value, string path, string message, ProblemSeverity severity = ProblemSeverity.Error) =>
        new(path, message, severity) { Value = value };

    /// <summary>The value the message shows.</summary>
    public string? Value { get; init; }

    /// <summary>The message with its value, for options that came from no file.</summary>
    public string Text => Message.Replace(ValuePlaceholder, ConfigurationKeys.Shorten(Value ?? ""), StringComparison.Ordinal);
}
