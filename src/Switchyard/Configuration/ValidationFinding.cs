namespace Switchyard.Configuration;

/// <summary>What a validator found.</summary>
/// <param name="Path">The key, its parts joined by <see cref="ConfigurationKeys.Combine(ReadOnlySpan{string})"/>.</param>
/// <param name="Message">What is wrong and what was expected, without secrets.</param>
/// <param name="Severity">Whether the configuration can still be used.</param>
internal sealed record Finding(string Path, string Message, ProblemSeverity Severity = ProblemSeverity.Error)
{
    /// <summary>
    /// What a value is called in <see cref="Message"/>. It is filled in from <see cref="Value"/> later, and from the text before expansion
    /// where the value came out of an environment variable: what a variable holds is never shown.
    /// </summary>
    public const string ValueHere = "\u0000value\u0000";

    /// <summary>The value the message shows.</summary>
    public string? Value { get; init; }
}
