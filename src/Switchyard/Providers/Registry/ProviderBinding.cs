using Switchyard.Providers.Http;
using Switchyard.Targets;

namespace Switchyard.Providers.Registry;

/// <summary>
/// What a deployment keeps of its provider, so that a call looks nothing up by name: the registry's entry, which of the provider's
/// credentials it uses, and its model as the provider's dialect sees it. Thread-safe.
/// </summary>
/// <param name="provider">The name as it was asked for; the way back to the registry when the entry is gone.</param>
/// <param name="entry">The entry; null while no provider of that name is registered.</param>
/// <param name="model">The provider's own model id.</param>
/// <param name="credential">The place of the credential in the provider's list, from 0.</param>
internal sealed class ProviderBinding(string provider, ProviderEntry? entry, string model, int credential) : IDeploymentBinding
{
    // One object for both, so that a target is never read beside another endpoint's.
    private BoundTarget? _target;

    public string Provider => entry?.Name ?? provider;

    /// <summary>Holds the provider for one attempt.</summary>
    /// <returns>False when it is not built yet, or has left the registry since the route was resolved.</returns>
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

    /// <summary>The credential it uses. A provider replaced by one with fewer credentials lends its last.</summary>
    public EndpointCredential CredentialOn(HttpEndpoint endpoint) =>
        endpoint.Credentials[Math.Min(credential, endpoint.Credentials.Count - 1)];

    private sealed record BoundTarget(HttpEndpoint Endpoint, EgressTarget Target);
}
