using Switchyard.Providers;

namespace Switchyard.Cloud.Credentials;

/// <summary>Authorizes requests with tokens of Microsoft Entra ID.</summary>
internal sealed class AzureAuthorizerFactory : IRequestAuthorizerFactory
{
    private const string WayOut =
        "sign in with `az login`, set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, give the machine a managed identity, "
        + "or give the provider a key";

    public string Credential => "azure";

    public IRequestAuthorizer Create(string provider, ProviderDescriptor descriptor, ProviderSettings settings, ProviderContext context)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(context);
        var scope = descriptor.Auth.Scope
            ?? throw new ProviderException($"Provider '{provider}' does not say what its tokens are for (auth.scope of its entry).");
        // One for each provider, and kept, because the SDK's credential remembers which of its sources answered.
        var source = new Lazy<AzureTokenSource>(() => new AzureTokenSource(
            scope, settings.Metadata.GetValueOrDefault("tenant_id"), settings.Metadata.GetValueOrDefault("managed_identity_client_id")));
        return new BearerAuthorizer(new Renewed<string>(
            cancellationToken => CredentialFailure.ExplainAsync(
                token => source.Value.FetchAsync(context.TimeProvider, token), provider, "Azure", WayOut, cancellationToken),
            context.TimeProvider,
            token => context.Secrets.Remember($"credential {provider}", [token])));
    }
}
