using Switchyard.Calls;

namespace Switchyard.Providers.Http;

/// <summary>Authorizes requests; every failure becomes <see cref="CallErrorKind.UpstreamAuthenticationFailed"/>.</summary>
internal static class RequestAuthorization
{
    /// <exception cref="CallException">There is no credential (<see cref="CallErrorKind.UpstreamAuthenticationFailed"/>).</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static async ValueTask RunAsync(
        IRequestAuthorizer authorizer, HttpRequestMessage request, string provider, CancellationToken cancellationToken)
    {
        try
        {
            await authorizer.AuthorizeAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (!(error is OperationCanceledException && cancellationToken.IsCancellationRequested))
        {
            // The message of any other exception may quote the secret.
            var message = error is ProviderException
                ? error.Message
                : $"The credential for {provider} could not be obtained: check the credentials of the account this program runs under.";
            throw new CallException(new CallError(CallErrorKind.UpstreamAuthenticationFailed, message)
            {
                Provider = provider,
                Cause = error,
            });
        }
    }

    /// <summary>The authorizer of a provider; null if its headers contain the credential.</summary>
    /// <exception cref="ProviderException">No factory is registered for that kind of credential, or a setting is missing.</exception>
    public static IRequestAuthorizer? Create(
        string provider, ProviderDescriptor descriptor, ProviderSettings settings, ProviderContext context)
    {
        var auth = descriptor.Auth;
        if (auth is not { Scheme: ProviderAuthScheme.Cloud, Credential: { } kind } || HasOwnCredential(auth, settings))
            return null;
        var factory = context.Authorizers.FirstOrDefault(made => made.Credential.Equals(kind, StringComparison.OrdinalIgnoreCase))
            ?? throw new ProviderException(
                $"Provider '{provider}' has no key and takes its credential from '{kind}', which this program does not provide: "
                + "reference Switchyard.Cloud and call AddSwitchyardCloud(), or give it a key.");
        return factory.Create(provider, descriptor, settings, context);
    }

    private static bool HasOwnCredential(ProviderAuth auth, ProviderSettings settings) =>
        !string.IsNullOrWhiteSpace(settings.ApiKey)
        || settings.Headers.Keys.Contains(auth.Header ?? "Authorization", StringComparer.OrdinalIgnoreCase);
}
