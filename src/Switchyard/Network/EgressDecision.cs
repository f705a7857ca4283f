using System.Net;
using Switchyard.Canonical;

namespace Switchyard.Network;

/// <summary>The purpose of a request: the action in the policy's events.</summary>
internal static class EgressActions
{
    /// <summary>An attempt of a call.</summary>
    public const string ProviderRequest = "provider.request";

    /// <summary>A list of models, or a health check: sent to the provider outside a call.</summary>
    public const string ProviderProbe = "provider.probe";

    /// <summary>A connection to a provider, once its name has been resolved.</summary>
    public const string ProviderConnect = "provider.connect";

    /// <summary>A guard's request to its configured service.</summary>
    public const string GuardCheck = "guard.check";

    /// <summary>A file that a client named by its URL.</summary>
    public const string MediaDownload = "media.download";
}

/// <summary>A request that is about to be sent.</summary>
/// <param name="Action">The purpose; one of <see cref="EgressActions"/>.</param>
/// <param name="Target">The URL. Null causes an exception, because it cannot be judged.</param>
internal readonly record struct EgressRequest(string Action, Uri? Target)
{
    /// <summary>Whether the target is a base URL, so that the decision is for URLs below it.</summary>
    public bool IsRoot { get; init; }

    /// <summary>The provider; null if none.</summary>
    public string? Provider { get; init; }

    /// <summary>The provider's own model id; null if none.</summary>
    public string? Model { get; init; }

    /// <summary>The operation; null outside a call.</summary>
    public CallOperation? Operation { get; init; }
}

/// <summary>A policy's decision on a request.</summary>
/// <param name="Request">The request.</param>
/// <param name="Mode">Whether the policy is enforced.</param>
/// <param name="Reason">The reason why it may not be sent.</param>
internal readonly record struct EgressDecision(EgressRequest Request, EgressEnforcement Mode, EgressReason Reason)
{
    /// <summary>The resolved address of the host, if the decision is about that address; else null.</summary>
    public IPAddress? Address { get; init; }

    /// <summary>Whether the request is blocked.</summary>
    public bool IsBlocked => Reason != EgressReason.None && Mode == EgressEnforcement.Enforce;
}

/// <summary>Receives each decision. Must be fast and thread-safe.</summary>
internal interface IEgressObserver
{
    /// <summary>Called once for each decision.</summary>
    void OnDecided(in EgressDecision decision);
}
