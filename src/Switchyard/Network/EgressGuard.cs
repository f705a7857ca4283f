using System.Net;
using Switchyard.Calls;

namespace Switchyard.Network;

/// <summary>Resolves the addresses of a host.</summary>
internal delegate Task<IPAddress[]> HostResolver(string host, CancellationToken cancellationToken);

/// <summary>
/// Applies the policy before anything is sent, and again to the resolved address of a name: the connection is made to exactly the address
/// that was checked. Reports each decision. Thread-safe.
/// </summary>
/// <param name="policy">The policy.</param>
/// <param name="observer">Receives each decision; null if none.</param>
/// <param name="resolver">Resolves names; null uses the system's resolver.</param>
internal sealed class EgressGuard(EgressPolicy policy, IEgressObserver? observer = null, HostResolver? resolver = null)
{
    /// <summary>The section of a snapshot; absent if everything may be reached.</summary>
    public static readonly SectionKey<EgressGuard> Section = new();

    private readonly HostResolver _resolve = resolver ?? Dns.GetHostAddressesAsync;

    /// <summary>The policy.</summary>
    public EgressPolicy Policy { get; } = policy;

    private bool IsEnforced => Policy.Mode == EgressEnforcement.Enforce;

    /// <summary>Decides whether a request may be sent.</summary>
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
    /// <param name="request">The request that needs the connection.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="EgressBlockedException">None of its addresses may be reached.</exception>
    public async ValueTask<Stream> ConnectAsync(
        DnsEndPoint host, EgressRequest request, TimeProvider time, CancellationToken cancellationToken)
    {
        var addresses = await _resolve(host.Host, cancellationToken).ConfigureAwait(false);
        var allowed = Array.FindAll(addresses, address => Policy.Judge(host.Host, host.Port, address) == EgressReason.None);
        if (addresses.Length > 0)
        {
            // If enforced, one allowed address is enough; otherwise the first address that is not allowed is reported.
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
