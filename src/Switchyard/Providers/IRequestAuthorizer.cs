namespace Switchyard.Providers;

/// <summary>
/// Adds a credential to a request that a fixed header cannot contain: a signature over the request itself, or a token that is renewed.
/// Thread-safe; it serves every request of one provider.
/// </summary>
public interface IRequestAuthorizer
{
    /// <summary>
    /// Authorizes a complete request right before it is sent. May read its body, which is then buffered, and set its headers.
    /// </summary>
    /// <exception cref="ProviderException">
    /// No credential is available. The message reaches clients: it names the remedy, and no secret.
    /// </exception>
    ValueTask AuthorizeAsync(HttpRequestMessage request, CancellationToken cancellationToken);
}

/// <summary>Creates the authorizers of one kind of credential. Registered as a service; descriptors name the kind.</summary>
public interface IRequestAuthorizerFactory
{
    /// <summary>The kind, as in <see cref="ProviderAuth.Credential"/>. Compared without regard to case.</summary>
    string Credential { get; }

    /// <summary>Creates the authorizer of a provider. Called while the provider is loaded: must not block or use the network.</summary>
    /// <param name="provider">The provider's name.</param>
    /// <param name="descriptor">The vendor's descriptor.</param>
    /// <param name="settings">The provider's settings.</param>
    /// <param name="context">The clock, loggers and environment.</param>
    /// <exception cref="ProviderException">A setting is missing; the message names it.</exception>
    IRequestAuthorizer Create(string provider, ProviderDescriptor descriptor, ProviderSettings settings, ProviderContext context);
}
