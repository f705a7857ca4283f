using static Switchyard.Configuration.ConfigurationKeys;

namespace Switchyard.Configuration.Validation;

/// <summary>
/// Settings of certificates are complete; a provider's proxy is an address. Whether the files can be read is not checked here:
/// a provider with a missing file fails to load.
/// </summary>
internal sealed class TlsValidator : IConfigurationValidator
{
    private const string NeedsCertificate = "a key or password needs the certificate it belongs to";

    private static readonly string[] s_proxySchemes = ["http", "https", "socks4", "socks4a", "socks5"];

    public IEnumerable<ValidationFinding> Validate(SwitchyardOptions options, KnownNames known)
    {
        if (options.Server.Tls is { Certificate: null, Key: not null } or { Certificate: null, Password: not null })
            yield return new(Combine("server", "tls"), NeedsCertificate);
        foreach (var (name, provider) in options.Providers)
        {
            if (provider is null)
                continue;
            var tls = provider.Tls;
            if (tls is { Certificate: null, Key: not null })
                yield return new(Combine("providers", name, "tls"), NeedsCertificate);
            if (tls is { Ca: not null, Insecure: true })
                yield return new(Combine("providers", name, "tls", "insecure"), "with insecure the ca is not used; remove one of them");
            if (tls is { Ca: null, Insecure: true })
            {
                yield return new(
                    Combine("providers", name, "tls", "insecure"),
                    $"any certificate is accepted for '{DisplayName(name)}': anyone on the way can steal its key. Name a ca instead",
                    ProblemSeverity.Warning);
            }

            if (provider.Proxy is { } proxy && !SecretReference.TryRead(proxy, out _) && !IsProxy(proxy))
            {
                // The text is not repeated: it may hold a password.
                yield return new(
                    Combine("providers", name, "proxy"),
                    $"the proxy of '{DisplayName(name)}' must be an address such as http://proxy.example.com:3128, or none");
            }
        }
    }

    private static bool IsProxy(string text) => text == "none"
        || (Uri.TryCreate(text, UriKind.Absolute, out var url) && s_proxySchemes.Contains(url.Scheme) && url.Host.Length > 0);
}
