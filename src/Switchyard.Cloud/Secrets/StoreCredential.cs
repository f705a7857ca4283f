using Switchyard.Cloud.Credentials;
using Switchyard.Providers;
using Switchyard.Secrets;

namespace Switchyard.Cloud.Secrets;

/// <summary>The credentials of stores: fetched like those of providers, with failures that say what to do.</summary>
internal static class StoreCredential
{
    /// <summary>An access token, renewed before it expires and masked in logs as soon as it is fetched.</summary>
    public static Renewed<string> Token(
        string store, string wayOut, Func<CancellationToken, ValueTask<Lease<string>>> fetch, ProviderContext context) => new(
        token => ExplainAsync(fetch, store, wayOut, token),
        context.TimeProvider,
        token => context.Secrets.Remember($"credential secrets.{store}", [token]));

    /// <exception cref="SecretStoreException">The source has no credential. The source's own text, which may quote a secret, is only in
    /// the inner exception.</exception>
    public static async ValueTask<Lease<T>> ExplainAsync<T>(
        Func<CancellationToken, ValueTask<Lease<T>>> fetch, string store, string wayOut, CancellationToken cancellationToken)
    {
        try
        {
            return await fetch(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            throw new SecretStoreException($"The secret store '{store}' found no credentials: {wayOut}.", error);
        }
    }
}
