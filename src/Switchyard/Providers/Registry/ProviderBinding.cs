using Switchyard.Providers.Http;
using Switchyard.Targets;

namespace Switchyard.Providers.Registry;

/// <summary>
/// A deployment's reference to its provider, so that a call looks nothing up by name: the registry's entry, the credential it uses, and its
/// model as the provider's dialect sees it. Thread-safe.
/// </summary>
/// <param name="provider">The requested name; used to find the provider again if the entry is gone.</param>
/// <param name="entry">The entry; null if no provider of that name was registered.</param>
/// <param name="model">The provider's own model id.</param>
/// <param name="credential">The index of the credential in the provider's list, from 0.</param>
internal sealed class ProviderBinding(string provider, ProviderEntry? entry, string model, int credential) : IDeploymentBinding
{
    // One object for both, so that a target is never paired with another endpoint.
    private BoundTarget? _target;

    public string Provider => entry?.Name ?? provider;

    /// <summary>Holds the provider for one attempt.</summary>
    /// <returns>False if it is not created yet, or was removed from the registry since the route was resolved.</returns>
    public bool TryAcquire(out ProviderLease lease)
    {
        if (entry?.Provider is { } ready && entry.TryAcquire())
        {
            lease = new ProviderLease(entry, ready);
            return true;
        }

        lease = default;
        return false;
    }

    /// <summary>The model as a dialect of this endpoint sees it.</summary>
    public EgressTarget TargetOn(HttpEndpoint endpoint)
    {
        var bound = _target;
        if (bound is null || !ReferenceEquals(bound.Endpoint, endpoint))
            _target = bound = new BoundTarget(endpoint, endpoint.TargetFor(Provider, model));
        return bound.Target;
    }

    /// <summary>The credential it uses. If the provider was replaced by one with fewer credentials, the last one is used.</summary>
    public EndpointCredential CredentialOn(HttpEndpoint endpoint) =>
        endpoint.Credentials[Math.Min(credential, endpoint.Credentials.Count - 1)];

    private sealed record BoundTarget(HttpEndpoint Endpoint, EgressTarget Target);
}
