using System.Globalization;
using System.Text.Json.Serialization;

namespace Switchyard.Configuration;

/// <summary>Whether a <see cref="ConfigurationProblem"/> is an error or a warning.</summary>
public enum ProblemSeverity
{
    /// <summary>The configuration cannot be used.</summary>
    [JsonStringEnumMemberName("error")]
    Error,

    /// <summary>The configuration can be used, but probably does not do what was meant.</summary>
    [JsonStringEnumMemberName("warning")]
    Warning,
}

/// <summary>A problem of the configuration, with its key and its place. It never holds the value of a secret.</summary>
/// <param name="Key">The full key with dots, for example <c>providers.openai.base_url</c>; empty for the whole file.</param>
/// <param name="Message">The problem, and the expected value.</param>
public sealed record ConfigurationProblem(string Key, string Message)
{
    /// <summary>The file it was read from; null for another source (see <see cref="Origin"/>).</summary>
    public string? File { get; init; }

    /// <summary>The line in the file, from 1.</summary>
    public int? Line { get; init; }

    /// <summary>The column in the line, from 1.</summary>
    public int? Column { get; init; }

    /// <summary>Whether the configuration can still be used.</summary>
    /// <value>The default is <see cref="ProblemSeverity.Error"/>.</value>
    public ProblemSeverity Severity { get; init; }

    /// <summary>The source of a value that was not in the file, for example <c>environment variable SWITCHYARD__strict</c>.</summary>
    public string? Origin { get; init; }

    /// <summary>One line in the form compilers use: <c>switchyard.yaml:12:3: message</c>.</summary>
    public override string ToString()
    {
        var place = (File, Line, Column) switch
        {
            (null, _, _) => Origin ?? "configuration",
            (_, null, _) => File,
            (_, _, null) => string.Create(CultureInfo.InvariantCulture, $"{File}:{Line}"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{File}:{Line}:{Column}"),
        };
        return Severity == ProblemSeverity.Warning ? $"{place}: warning: {Message}" : $"{place}: {Message}";
    }
}
