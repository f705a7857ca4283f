using Switchyard.Providers;

namespace Switchyard.Cloud.Credentials;

/// <summary>Turns a source's failure into one that says what to do.</summary>
/// <remarks>The source's own text stays in the inner exception: it may quote a secret.</remarks>
internal static class CredentialFailure
{
    /// <summary>Fetches a credential, and explains a failure.</summary>
    /// <param name="fetch">The source.</param>
    /// <param name="provider">The provider's name.</param>
    /// <param name="cloud">The cloud's display name.</param>
    /// <param name="wayOut">What to do: <c>sign in with …, or set …</c>.</param>
    /// <param name="cancellationToken">Cancels the fetch.</param>
    /// <exception cref="ProviderException">The source has no credential.</exception>
    public static async ValueTask<Lease<T>> ExplainAsync<T>(
        Func<CancellationToken, ValueTask<Lease<T>>> fetch,
        string provider,
        string cloud,
        string wayOut,
        CancellationToken cancellationToken)
    {
        try
        {
            return await fetch(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            throw new ProviderException($"Provider '{provider}' found no {cloud} credentials: {wayOut}.", error);
        }
    }
}
