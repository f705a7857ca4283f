using System.Text.RegularExpressions;

namespace Switchyard.Providers;

/// <summary>Turns a base URL as written into the one requests go to.</summary>
internal static partial class EndpointAddress
{
    /// <summary>Fills the placeholders, checks the address and trims its trailing slash.</summary>
    /// <exception cref="ProviderException">No address, an unfilled placeholder, or not a plain http(s) address; the message says what to set.</exception>
    public static Uri Resolve(string provider, ProviderDescriptor descriptor, ProviderSettings settings, Func<string, string?> environment)
    {
        var written = string.IsNullOrWhiteSpace(settings.BaseUrl) ? descriptor.BaseUrl : settings.BaseUrl;
        if (string.IsNullOrWhiteSpace(written))
            throw new ProviderException($"Provider '{provider}' has no address: {descriptor.Unavailable ?? $"set providers.{provider}.base_url."}");
        // At the very beginning a placeholder is a whole address and goes in as it is; anywhere else it is one segment.
        var filled = Placeholder().Replace(written.Trim(), match => Fill(provider, match, descriptor, settings, environment));
        // The text itself is not quoted below: an address may carry a password.
        if (!Uri.TryCreate(filled.TrimEnd('/'), UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
            throw new ProviderException($"The base_url of provider '{provider}' must be an absolute http or https address.");
        if (uri.UserInfo.Length > 0 || uri.Query.Length > 0 || uri.Fragment.Length > 0)
            throw new ProviderException($"The base_url of provider '{provider}' must not hold a user name, a query or a fragment.");
        return uri;
    }

    /// <summary>The placeholders of an address that nothing fills.</summary>
    public static IEnumerable<string> Unfilled(ProviderDescriptor descriptor, ProviderSettings settings, Func<string, string?> environment)
    {
        var written = string.IsNullOrWhiteSpace(settings.BaseUrl) ? descriptor.BaseUrl : settings.BaseUrl;
        return Placeholder().Matches(written ?? "").Select(match => match.Groups[1].Value)
            .Where(name => Value(name, descriptor, settings, environment) is null);
    }

    /// <summary>The placeholders' names.</summary>
    public static IEnumerable<string> Placeholders(string? baseUrl) =>
        Placeholder().Matches(baseUrl ?? "").Select(match => match.Groups[1].Value);

    private static string Fill(
        string provider, Match match, ProviderDescriptor descriptor, ProviderSettings settings, Func<string, string?> environment)
    {
        var name = match.Groups[1].Value;
        if (Value(name, descriptor, settings, environment) is { } value)
            return match.Index == 0 ? value.TrimEnd('/') : Uri.EscapeDataString(value);
        var variables = descriptor.Variables.TryGetValue(name, out var names) && names.Count > 0 ? $"{string.Join(" or ", names)}, or " : "";
        throw new ProviderException($"Provider '{provider}' needs {name}: set {variables}providers.{provider}.settings.{name}.");
    }

    private static string? Value(string name, ProviderDescriptor descriptor, ProviderSettings settings, Func<string, string?> environment)
    {
        if (settings.Metadata.TryGetValue(name, out var configured) && !string.IsNullOrWhiteSpace(configured))
            return configured.Trim();
        if (!descriptor.Variables.TryGetValue(name, out var variables))
            return null;
        return variables.Select(environment).FirstOrDefault(value => !string.IsNullOrWhiteSpace(value))?.Trim();
    }

    [GeneratedRegex(@"\{([a-z0-9_]+)\}", RegexOptions.CultureInvariant)]
    private static partial Regex Placeholder();
}
