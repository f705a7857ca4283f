namespace Switchyard.Configuration.Validation;

/// <summary>What a validator found.</summary>
/// <param name="Path">The key, its parts joined by <see cref="ConfigurationKeys.Combine(ReadOnlySpan{string})"/>.</param>
/// <param name="Message">What is wrong and what was expected, without secrets.</param>
/// <param name="Severity">Whether the configuration can still be used.</param>
internal sealed record Finding(string Path, string Message, ProblemSeverity Severity = ProblemSeverity.Error);
