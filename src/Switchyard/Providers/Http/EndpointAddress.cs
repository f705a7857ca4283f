using System.Text.RegularExpressions;

namespace Switchyard.Providers.Http;

/// <summary>Resolves a base URL as written: placeholders, checks, rewrites.</summary>
internal static partial class EndpointAddress
{
    /// <summary>Fills the placeholders, checks the address and trims its trailing slash.</summary>
    /// <exception cref="ProviderException">
    /// No address, an unfilled placeholder, or not a plain http(s) address; the message names the setting.
    /// </exception>
    public static Uri Resolve(string provider, ProviderDescriptor descriptor, ProviderSettings settings, Func<string, string?> environment)
    {
        var written = string.IsNullOrWhiteSpace(settings.BaseUrl) ? descriptor.BaseUrl : settings.BaseUrl;
        if (string.IsNullOrWhiteSpace(written))
        {
            var reason = descriptor.Unavailable ?? $"set providers.{provider}.base_url.";
            throw new ProviderException($"Provider '{provider}' has no address: {reason}");
        }

        return Resolve(written, provider, descriptor, settings, environment);
    }

    /// <summary>As the overload above, for an address other than the base URL.</summary>
    public static Uri Resolve(
        string written, string provider, ProviderDescriptor descriptor, ProviderSettings settings, Func<string, string?> environment)
    {
        // "${BASE}/v1" with a BASE that ends in a slash has two, and servers answer such a path with 404.
        var filled = RepeatedSlash().Replace(Fill(written.Trim(), provider, descriptor, settings, environment), "/");
        // The text itself is not quoted below: an address may contain a password.
        if (!Uri.TryCreate(filled.TrimEnd('/'), UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
            throw new ProviderException($"The base_url of provider '{provider}' must be an absolute http or https address.");
        if (uri.UserInfo.Length > 0 || uri.Query.Length > 0 || uri.Fragment.Length > 0)
            throw new ProviderException($"The base_url of provider '{provider}' must not hold a user name, a query or a fragment.");
        return uri;
    }

    /// <summary>Fills the placeholders of a text and applies <see cref="ProviderDescriptor.AddressRewrites"/>.</summary>
    /// <exception cref="ProviderException">A placeholder has no value; the message names the setting.</exception>
    public static string Fill(
        string text, string provider, ProviderDescriptor descriptor, ProviderSettings settings, Func<string, string?> environment)
    {
        // A placeholder at the start is a whole address and is inserted unchanged; any other is one segment, percent-encoded.
        var filled = Placeholder().Replace(text, match => Fill(provider, match, descriptor, settings, environment));
        foreach (var (from, to) in descriptor.AddressRewrites)
            filled = filled.Replace(from, to, StringComparison.OrdinalIgnoreCase);
        return filled;
    }

    /// <summary>The placeholders of base URL and query that have no value.</summary>
    public static IEnumerable<string> Unfilled(ProviderDescriptor descriptor, ProviderSettings settings, Func<string, string?> environment)
    {
        var written = string.IsNullOrWhiteSpace(settings.BaseUrl) ? descriptor.BaseUrl : settings.BaseUrl;
        return Placeholders(written).Concat(Placeholders(descriptor.Query))
            .Where(name => descriptor.ValueOf(name, settings, environment) is null);
    }

    /// <summary>
    /// The hosts of a vendor's addresses as entries of an allow list. A placeholder in a host leaves a wildcard; one that is the whole
    /// address leaves nothing: <see cref="ProviderDescriptor.Hosts"/> then lists the usual hosts.
    /// </summary>
    public static IEnumerable<string> HostsOf(ProviderDescriptor descriptor)
    {
        var addresses = descriptor.BaseUrls.Values.Append(descriptor.BaseUrl).Append(descriptor.ModelsPath).OfType<string>();
        foreach (var address in addresses.Where(address => address.Contains("://", StringComparison.Ordinal)))
        {
            var host = address[(address.IndexOf("://", StringComparison.Ordinal) + 3)..].Split('/')[0];
            yield return host.Contains('}', StringComparison.Ordinal) ? $"*{host[(host.LastIndexOf('}') + 1)..]}" : host;
        }

        foreach (var host in descriptor.Hosts)
            yield return host;
    }

    /// <summary>The placeholders' names.</summary>
    public static IEnumerable<string> Placeholders(string? text) =>
        Placeholder().Matches(text ?? "").Select(match => match.Groups[1].Value);

    private static string Fill(
        string provider, Match match, ProviderDescriptor descriptor, ProviderSettings settings, Func<string, string?> environment)
    {
        var name = match.Groups[1].Value;
        if (descriptor.ValueOf(name, settings, environment) is { } value)
            return match.Index == 0 ? value.TrimEnd('/') : Uri.EscapeDataString(value);
        var names = descriptor.Variables.GetValueOrDefault(name) ?? [];
        var variables = names.Count > 0 ? $"{string.Join(" or ", names)}, or " : "";
        throw new ProviderException($"Provider '{provider}' needs {name}: set {variables}providers.{provider}.settings.{name}.");
    }

    [GeneratedRegex(@"\{([a-z0-9_]+)\}", RegexOptions.CultureInvariant)]
    private static partial Regex Placeholder();

    // Not those after a colon: the scheme's, and of an address that is part of a proxy's path.
    [GeneratedRegex(@"(?<=[^:/])/{2,}", RegexOptions.CultureInvariant)]
    private static partial Regex RepeatedSlash();
}
