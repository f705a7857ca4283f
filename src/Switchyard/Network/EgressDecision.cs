using System.Net;
using Switchyard.Canonical;

namespace Switchyard.Network;

/// <summary>What a request is sent for: what the policy's events call the action.</summary>
internal static class EgressActions
{
    /// <summary>An attempt of a call.</summary>
    public const string ProviderRequest = "provider.request";

    /// <summary>A list of models, or a health check: about the provider, and of no call.</summary>
    public const string ProviderProbe = "provider.probe";

    /// <summary>A connection to a provider, once its name has been resolved.</summary>
    public const string ProviderConnect = "provider.connect";

    /// <summary>What a guard asks the service of its configuration.</summary>
    public const string GuardCheck = "guard.check";

    /// <summary>A file that a client named by its URL.</summary>
    public const string MediaDownload = "media.download";
}

/// <summary>Something that is about to be sent.</summary>
/// <param name="Action">What for; one of <see cref="EgressActions"/>.</param>
/// <param name="Target">The URL. Null is refused with an exception: nothing can be said of it.</param>
internal readonly record struct EgressRequest(string Action, Uri? Target)
{
    /// <summary>Whether the target is a base URL, and URLs below it are meant.</summary>
    public bool IsRoot { get; init; }

    /// <summary>The provider; null where it is for none.</summary>
    public string? Provider { get; init; }

    /// <summary>The provider's own model id; null where it is about none.</summary>
    public string? Model { get; init; }

    /// <summary>The operation; null where it is of no call.</summary>
    public CallOperation? Operation { get; init; }
}

/// <summary>What a policy says of a request, and what follows.</summary>
/// <param name="Request">The request.</param>
/// <param name="Mode">Whether the policy is kept.</param>
/// <param name="Reason">Why it may not be sent.</param>
internal readonly record struct EgressDecision(EgressRequest Request, EgressEnforcement Mode, EgressReason Reason)
{
    /// <summary>The address that the host was resolved to, where the policy was asked about that; else null.</summary>
    public IPAddress? Address { get; init; }

    /// <summary>Whether nothing is sent.</summary>
    public bool IsBlocked => Reason != EgressReason.None && Mode == EgressEnforcement.Enforce;
}

/// <summary>Is told each decision. Must be fast and thread-safe.</summary>
internal interface IEgressObserver
{
    /// <summary>Called once for each decision.</summary>
    void OnDecided(in EgressDecision decision);
}
