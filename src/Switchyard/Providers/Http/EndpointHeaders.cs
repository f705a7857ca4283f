namespace Switchyard.Providers.Http;

/// <summary>The headers sent to a provider with every request, including its credential.</summary>
internal static class EndpointHeaders
{
    // The token characters of RFC 9110 other than letters and digits.
    private const string TokenPunctuation = "!#$%&'*+-.^_`|~";

    /// <summary>The catalogue's headers, overridden by the user's; then the credential, unless a user's header sets it.</summary>
    /// <exception cref="ProviderException">A header cannot be sent. The message names the header, never its value.</exception>
    public static IReadOnlyList<KeyValuePair<string, string>> Build(
        string provider, ProviderDescriptor descriptor, ProviderSettings settings)
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in descriptor.Headers)
            headers[name] = value;
        foreach (var (name, value) in settings.Headers)
            headers[name] = value;
        if (settings.ApiKey?.Trim() is { Length: > 0 } key)
        {
            var (name, value) = descriptor.Auth switch
            {
                { Scheme: ProviderAuthScheme.Header or ProviderAuthScheme.Cloud, Header: { } header } => (header, key),
                _ => ("Authorization", $"Bearer {key}"),
            };
            headers.TryAdd(name, value);
        }

        foreach (var (name, value) in headers)
        {
            if (name.Length == 0 || !name.All(c => char.IsAsciiLetterOrDigit(c) || TokenPunctuation.Contains(c)))
                throw new ProviderException($"Provider '{provider}' has a header with a name that cannot be sent: '{name}'.");
            if (value.Any(c => c is < ' ' or > '~'))
            {
                throw new ProviderException(
                    $"The value of header '{name}' of provider '{provider}' holds a character that cannot be sent.");
            }
        }

        return [.. headers];
    }
}
