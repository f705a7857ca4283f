using System.Net;
using Switchyard.Calls;

namespace Switchyard.Network;

/// <summary>Looks the addresses of a host up.</summary>
internal delegate Task<IPAddress[]> HostResolver(string host, CancellationToken cancellationToken);

/// <summary>
/// Asks the policy before anything is sent, and again with the address that a name was resolved to: the connection is made to exactly the
/// address that was checked. Tells each decision. Thread-safe.
/// </summary>
/// <param name="policy">What may be reached.</param>
/// <param name="observer">Is told each decision; null tells nobody.</param>
/// <param name="resolver">Resolves names; null takes the system's.</param>
internal sealed class EgressGuard(EgressPolicy policy, IEgressObserver? observer = null, HostResolver? resolver = null)
{
    /// <summary>The section of a snapshot; absent where everything may be reached.</summary>
    public static readonly SectionKey<EgressGuard> Section = new();

    private readonly HostResolver _resolve = resolver ?? Dns.GetHostAddressesAsync;

    /// <summary>What may be reached.</summary>
    public EgressPolicy Policy { get; } = policy;

    private bool IsEnforced => Policy.Mode == EgressEnforcement.Enforce;

    /// <summary>Asks whether a request may be sent.</summary>
    /// <exception cref="ArgumentException">The request names no target.</exception>
    public EgressDecision Decide(in EgressRequest request)
    {
        if (request.Target is null)
            throw new ArgumentException("egress target must be specified", nameof(request));
        var reason = request.IsRoot ? Policy.JudgeRoot(request.Target) : Policy.Judge(request.Target);
        return Tell(new EgressDecision(request, Policy.Mode, reason));
    }

    /// <summary>Resolves a host, checks each of its addresses, and connects to one that may be reached.</summary>
    /// <param name="host">The host and port.</param>
    /// <param name="request">What the connection is for.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="EgressBlockedException">None of its addresses may be reached.</exception>
    public async ValueTask<Stream> ConnectAsync(
        DnsEndPoint host, EgressRequest request, TimeProvider time, CancellationToken cancellationToken)
    {
        var addresses = await _resolve(host.Host, cancellationToken).ConfigureAwait(false);
        var allowed = Array.FindAll(addresses, address => Policy.Judge(host.Host, host.Port, address) == EgressReason.None);
        if (addresses.Length > 0)
        {
            // Enforced, one address that may be reached is enough; reported is the first that may not.
            var judged =
                (IsEnforced ? Array.Find(addresses, allowed.Contains) : Array.Find(addresses, address => !allowed.Contains(address)))
                ?? addresses[0];
            var decision = Tell(new EgressDecision(request, Policy.Mode, Policy.Judge(host.Host, host.Port, judged)) { Address = judged });
            if (decision.IsBlocked)
                throw new EgressBlockedException(decision);
        }

        return await HappyEyeballs.ConnectAsync(IsEnforced ? allowed : addresses, host.Port, time, cancellationToken).ConfigureAwait(false);
    }

    private EgressDecision Tell(EgressDecision decision)
    {
        observer?.OnDecided(decision);
        return decision;
    }
}
