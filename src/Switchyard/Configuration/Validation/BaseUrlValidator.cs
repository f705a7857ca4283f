using static Switchyard.Configuration.ConfigurationKeys;

namespace Switchyard.Configuration.Validation;

/// <summary>Base URLs are absolute http or https URLs without credentials and query: they appear in logs and answers.</summary>
internal sealed class BaseUrlValidator : IConfigurationValidator
{
    public IEnumerable<ValidationFinding> Validate(SwitchyardOptions options, KnownNames known) =>
        from provider in options.Providers
        let problem = provider.Value.BaseUrl is { } text ? Check(text) : null
        where problem is not null
        select new ValidationFinding(
            Combine("providers", provider.Key, "base_url"), $"the base_url of '{DisplayName(provider.Key)}' {problem}");

    // No message repeats the URL: it may hold the credentials that make it wrong.
    private static string? Check(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || (url.Scheme != Uri.UriSchemeHttp && url.Scheme != Uri.UriSchemeHttps))
            return "must be an absolute http or https URL such as https://api.example.com/v1";
        if (url.UserInfo.Length > 0)
            return "must not hold a user name or password; use key";
        if (url.Query.Length > 0 || text.Contains('?', StringComparison.Ordinal))
            return "must not hold a query ('?…')";
        if (url.Fragment.Length > 0 || text.Contains('#', StringComparison.Ordinal))
            return "must not hold a fragment ('#…')";
        return url.Host.Length == 0 ? "names no host" : null;
    }
}
