using Switchyard.Network;
using Switchyard.Providers.Http;

namespace Switchyard.Providers.Registry;

/// <summary>Finds enabled providers that the network policy blocks, before the first call.</summary>
internal static class ProviderReach
{
    /// <summary>
    /// The messages: problems if calls to a provider configured by the user are refused; warnings if they are only reported, or if the
    /// provider was enabled only by its key variable.
    /// </summary>
    public static (IReadOnlyList<string> Problems, IReadOnlyList<string> Warnings) Of(
        IEnumerable<ProviderRegistration> providers, EgressPolicy? policy, Func<string, string?> environment)
    {
        var (problems, warnings) = (new List<string>(), new List<string>());
        if (policy is null)
            return (problems, warnings);
        // A replayed provider is not called.
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
        ? $"{address.IdnHost} is not a public address, which a wildcard in egress.allow does not admit; name the address or its network."
        : $"egress.allow does not name {address.IdnHost}:{address.Port}.";

    /// <summary>The base URL; null if there is none or it is incomplete, which is reported elsewhere.</summary>
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
