using Azure.Core;
using Azure.Identity;

namespace Switchyard.Cloud.Credentials;

/// <summary>Tokens from the SDK's chain: environment, workload and managed identity, the user's own sign-in.</summary>
internal sealed class AzureTokenSource
{
    private static readonly TimeSpan s_early = TimeSpan.FromMinutes(5);

    private readonly TokenRequestContext _request;
    private readonly DefaultAzureCredential _credential;

    public AzureTokenSource(string scope, string? tenant, string? managedIdentity)
    {
        _request = new TokenRequestContext([scope]);
        var options = new DefaultAzureCredentialOptions();
        if (!string.IsNullOrWhiteSpace(tenant))
            options.TenantId = tenant.Trim();
        if (!string.IsNullOrWhiteSpace(managedIdentity))
            options.ManagedIdentityClientId = managedIdentity.Trim();
        _credential = new DefaultAzureCredential(options);
    }

    public async ValueTask<Lease<string>> FetchAsync(TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        var token = await _credential.GetTokenAsync(_request, cancellationToken).ConfigureAwait(false);
        return TokenLease.Of(token.Token, token.ExpiresOn, token.RefreshOn ?? token.ExpiresOn - s_early, timeProvider.GetUtcNow());
    }
}
