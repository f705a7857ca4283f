using System.Security.Cryptography;
using System.Text;

namespace Switchyard.Providers.Http;

/// <summary>Creates the credentials of a provider from its settings.</summary>
internal static class EndpointCredentials
{
    /// <summary>One credential for each key, in order; a single one without a key if there is none.</summary>
    /// <exception cref="ProviderException">A header cannot be sent, or a cloud credential is not available.</exception>
    public static IReadOnlyList<EndpointCredential> Of(
        string provider, ProviderDescriptor descriptor, ProviderSettings settings, Uri baseUrl, ProviderContext context) =>
        settings.Keys.Count == 0
            ? [Make(provider, descriptor, settings, baseUrl, context, weight: 1)]
            :
            [
                .. settings.Keys.Select(key =>
                    Make(provider, descriptor, settings with { ApiKey = key.Value }, baseUrl, context, key.Weight)),
            ];

    private static EndpointCredential Make(
        string provider, ProviderDescriptor descriptor, ProviderSettings settings, Uri baseUrl, ProviderContext context, double weight)
    {
        var headers = EndpointHeaders.Build(provider, descriptor, settings);
        var authorizer = RequestAuthorization.Create(provider, descriptor, settings, context);
        return new EndpointCredential
        {
            Headers = headers,
            Authorizer = authorizer,
            // If a platform provides the credential, accounts cannot be distinguished here, so the name is unique to this object.
            Account = authorizer is not null ? Guid.NewGuid().ToString("N") : AccountOf(baseUrl, headers),
            Weight = weight,
        };
    }

    private static string AccountOf(Uri baseUrl, IReadOnlyList<KeyValuePair<string, string>> headers) =>
        Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(
            string.Join('\n', headers.Select(header => $"{header.Key}:{header.Value}").Prepend(baseUrl.AbsoluteUri)))));
}
