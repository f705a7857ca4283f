using static Switchyard.Configuration.ConfigurationKeys;

namespace Switchyard.Configuration.Validation;

/// <summary>The dashboard's path is valid in a browser and not used by anything else; a session has an end.</summary>
internal sealed class DashboardValidator : IConfigurationValidator
{
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(30);

    private static readonly string[] s_taken =
    [
        "/admin", "/v1", "/v1beta", "/openai", "/anthropic", "/genai", "/chat", "/route", "/schemas", "/health", "/metrics", "/experiments",
        "/feedback",
    ];

    public IEnumerable<ValidationFinding> Validate(SwitchyardOptions options, KnownNames known)
    {
        var (path, session) = (options.Dashboard.Path, options.Dashboard.Session);
        if (path.Length < 2 || path[0] != '/' || path[^1] == '/'
            || path.Any(letter => !char.IsAsciiLetterOrDigit(letter) && letter is not ('/' or '-' or '_')))
        {
            yield return new(
                Combine("dashboard", "path"),
                "the path begins with a slash, does not end with one, and has letters, digits, '-' and '_': /dashboard");
        }
        else if (Array.Find(s_taken, taken => path.Equals(taken, StringComparison.OrdinalIgnoreCase)
            || path.StartsWith(taken + "/", StringComparison.OrdinalIgnoreCase)) is { } taken)
        {
            yield return new(Combine("dashboard", "path"), $"{taken} is a path of the gateway itself; choose another, as /dashboard");
        }

        if (session <= TimeSpan.Zero || session > s_longest)
            yield return new(Combine("dashboard", "session"), "a session lasts more than 0 and at most 30 days, as 8h");
    }
}
