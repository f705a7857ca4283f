using Switchyard.Providers;

namespace Switchyard.Cloud.Credentials;

/// <summary>Authorizes requests with access tokens of Google Cloud.</summary>
internal sealed class GoogleAuthorizerFactory : IRequestAuthorizerFactory
{
    private const string WayOut =
        "run `gcloud auth application-default login`, let GOOGLE_APPLICATION_CREDENTIALS name a service account's file, "
        + "or run on Google Cloud with a service account";

    public string Credential => "google";

    public IRequestAuthorizer Create(string provider, ProviderDescriptor descriptor, ProviderSettings settings, ProviderContext context)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(context);
        var scope = descriptor.Auth.Scope
            ?? throw new ProviderException($"Provider '{provider}' does not say what its tokens are for (auth.scope of its entry).");
        var file = settings.Metadata.GetValueOrDefault("credentials_file");
        var source = new Lazy<GoogleTokenSource>(() => new GoogleTokenSource(scope, file));
        return new BearerAuthorizer(new Renewed<string>(
            cancellationToken => CredentialFailure.ExplainAsync(
                token => source.Value.FetchAsync(context.TimeProvider, token), provider, "Google", WayOut, cancellationToken),
            context.TimeProvider,
            token => context.Secrets.Remember($"credential {provider}", [token])));
    }
}
