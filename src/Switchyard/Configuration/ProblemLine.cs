namespace Switchyard.Configuration;

/// <summary>Problems as lines for people: like <see cref="ConfigurationProblem.ToString"/>, and always with the key.</summary>
internal static class ProblemLine
{
    /// <summary>
    /// The line of a problem. The key stands before a message that does not name it: of nested maps and of files made by other programs the
    /// line number alone does not show the setting.
    /// </summary>
    public static string Of(ConfigurationProblem problem) =>
        problem.Key.Length == 0 || problem.Line is null || problem.Message.Contains(problem.Key, StringComparison.OrdinalIgnoreCase)
            ? problem.ToString()
            : (problem with { Message = $"{problem.Key}: {problem.Message}" }).ToString();
}
