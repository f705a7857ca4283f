using Switchyard.Configuration;
using Switchyard.Configuration.Binding;
using Switchyard.Providers;
using Switchyard.Providers.Registry;

namespace Switchyard.Secrets;

/// <summary>The secrets that a configuration needs from the stores.</summary>
internal sealed class SecretWishes
{
    private SecretWishes(Dictionary<string, string> providers, Dictionary<string, SecretWish> byName)
    {
        Providers = providers;
        ByName = byName;
    }

    /// <summary>The configured and possible providers whose key may be in the stores: their key in the options, and the wish.</summary>
    public IReadOnlyDictionary<string, string> Providers { get; }

    /// <summary>Every wish, once.</summary>
    public IReadOnlyDictionary<string, SecretWish> ByName { get; }

    /// <summary>The wishes of a configuration.</summary>
    /// <param name="options">The configuration.</param>
    /// <param name="activator">Provides the key variables of providers.</param>
    /// <param name="hasStores">Whether there is a store; without one only secrets named by the configuration are needed.</param>
    public static SecretWishes Of(SwitchyardOptions options, ProviderActivator activator, bool hasStores)
    {
        var byName = new Dictionary<string, SecretWish>(StringComparer.Ordinal);
        var providers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var setting in SecretSettings.Of(options))
        {
            if (SecretReference.TryRead(setting.Value, out var name))
                byName[name] = new SecretWish(name, []) { IsNamed = true };
        }

        if (!hasStores)
            return new SecretWishes(providers, byName);
        foreach (var (written, provider) in options.Providers)
        {
            // With a reference the key's place is given; with several keys there is no single one to look up.
            if (provider is { Enabled: false } or { Keys.Count: > 0 } || SecretReference.TryRead(provider?.Key, out _))
                continue;
            if (activator.NameOf(written, provider) is { } name)
                Add(written, name, activator.KeyVariablesOf(name, provider), isGuess: false);
        }

        foreach (var descriptor in activator.EnabledByAKey(options))
            Add(descriptor.Name, descriptor.Name, descriptor.KeyEnv, isGuess: true);
        return new SecretWishes(providers, byName);

        void Add(string written, string name, IReadOnlyList<string> variables, bool isGuess)
        {
            var wish = SecretNames.OfProvider(name);
            providers[written] = wish;
            byName.TryAdd(wish, new SecretWish(wish, variables) { IsGuess = isGuess });
        }
    }
}
