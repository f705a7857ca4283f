namespace Switchyard.Providers.Http;

/// <summary>One credential of a provider, with its account name and weight. Immutable and thread-safe.</summary>
public sealed class EndpointCredential
{
    /// <summary>
    /// Headers sent with every request, the credential included (<c>Authorization</c>, <c>api-key</c>, vendor headers). Secret: never
    /// logged.
    /// </summary>
    public required IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; }

    /// <summary>Adds a signature or a renewed token to each request; null if <see cref="Headers"/> contain the credential.</summary>
    public IRequestAuthorizer? Authorizer { get; init; }

    /// <summary>
    /// An opaque name for the account behind address and credential, which reveals neither: ids issued by one account must not be sent to
    /// another.
    /// </summary>
    public required string Account { get; init; }

    /// <summary>Its share of the calls among the provider's credentials, relative to theirs.</summary>
    /// <value>The default is 1.</value>
    public double Weight { get; init; } = 1;
}
