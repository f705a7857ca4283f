using Switchyard.Network;
using Switchyard.Providers.Http;

namespace Switchyard.Providers.Registry;

/// <summary>Which of the enabled providers the network policy keeps from being reached: better known before the first call.</summary>
internal static class ProviderReach
{
    /// <summary>
    /// The sentences about them: problems where calls to a provider that the user named are refused, warnings where they are only
    /// reported, or where nobody named the provider, which is there because its key is.
    /// </summary>
    public static (IReadOnlyList<string> Problems, IReadOnlyList<string> Warnings) Of(
        IEnumerable<ProviderRegistration> providers, EgressPolicy? policy, Func<string, string?> environment)
    {
        var (problems, warnings) = (new List<string>(), new List<string>());
        if (policy is null)
            return (problems, warnings);
        // What is replayed is not reached.
        foreach (var provider in providers.Where(provider => provider.Settings.Replay is null))
        {
            if (AddressOf(provider, environment) is not { } address || policy.JudgeRoot(address) is EgressReason.None and var reason)
                continue;
            var isKept = policy.Mode == EgressEnforcement.Enforce;
            var sentence = $"Calls to '{provider.Name}' {(isKept ? "are refused" : "would be refused, if egress.mode were enforce")}: "
                + Why(address, policy.JudgeRoot(address));
            (isKept && provider.Origin == ProviderOrigin.Configured ? problems : warnings).Add(sentence);
        }

        return (problems, warnings);
    }

    private static string Why(Uri address, EgressReason reason) => reason == EgressReason.NotPublic
        ? $"{address.IdnHost} is no public address, which a wildcard in egress.allow does not admit; name the address or its network."
        : $"egress.allow does not name {address.IdnHost}:{address.Port}.";

    /// <summary>The base URL; null where there is none, or one that is not complete, which is told elsewhere.</summary>
    private static Uri? AddressOf(ProviderRegistration provider, Func<string, string?> environment)
    {
        try
        {
            return EndpointAddress.Resolve(provider.Name, provider.Descriptor, provider.Settings, environment);
        }
        catch (ProviderException)
        {
            return null;
        }
    }
}
