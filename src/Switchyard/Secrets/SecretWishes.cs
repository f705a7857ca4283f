using Switchyard.Configuration;
using Switchyard.Configuration.Binding;
using Switchyard.Providers;
using Switchyard.Providers.Registry;

namespace Switchyard.Secrets;

/// <summary>Which secrets a configuration wants of the stores.</summary>
internal sealed class SecretWishes
{
    private SecretWishes(Dictionary<string, string> providers, Dictionary<string, SecretWish> byName)
    {
        Providers = providers;
        ByName = byName;
    }

    /// <summary>The configured and the possible providers whose key the stores may have: the key in the options, and the wish.</summary>
    public IReadOnlyDictionary<string, string> Providers { get; }

    /// <summary>Every wish, once.</summary>
    public IReadOnlyDictionary<string, SecretWish> ByName { get; }

    /// <summary>The wishes of a configuration.</summary>
    /// <param name="options">The configuration.</param>
    /// <param name="activator">Knows the key variables of providers.</param>
    /// <param name="hasStores">Whether there is any store; without one only what the configuration names is wanted.</param>
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
            // A reference says where the key is, and several keys say that it is not one.
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
