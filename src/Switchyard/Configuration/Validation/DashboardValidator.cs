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
        if (options.Dashboard.PublicUrl is { } address && !IsOrigin(address))
        {
            yield return new(
                Combine("dashboard", "public_url"), "the address has http or https, a host and no path, as https://gateway.example.com");
        }
    }

    private static bool IsOrigin(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var url) && (url.Scheme == Uri.UriSchemeHttps || url.Scheme == Uri.UriSchemeHttp)
        && url is { Host.Length: > 0, PathAndQuery: "/", Fragment: "", UserInfo: "" };
}
