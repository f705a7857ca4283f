using Switchyard.Configuration;
using Switchyard.Configuration.Binding;

namespace Switchyard.Secrets;

/// <summary>Fills secrets into a copy of the options.</summary>
internal static class SecretFilling
{
    private const string Providers = "providers";

    /// <summary>
    /// The options with the found secrets. A missing secret of one provider is a problem of that provider only; a missing secret of the
    /// gateway itself (a client key) prevents its start: it must not be open because a key is missing.
    /// </summary>
    public static SecretResolution Fill(
        SwitchyardOptions options, SecretWishes wishes, IReadOnlyDictionary<string, string> values, Func<string, string> missing)
    {
        var copy = options.Copy();
        string? refusal = null, refusedAt = null;
        // An entry that is empty afterwards had a missing secret.
        SecretSettings.Replace(copy, setting =>
        {
            if (!SecretReference.TryRead(setting.Value, out var name))
                return setting.Value;
            if (values.TryGetValue(name, out var value))
                return value;
            if (setting.Path.Split(':') is [Providers, var provider, ..])
                copy.Providers[ConfigurationKeys.NameOf(provider)].SecretProblem = missing(name);
            else if (refusal is null)
                (refusal, refusedAt) = ($"{setting}: {missing(name)}.", setting.Path);
            return "";
        });
        foreach (var provider in copy.Providers.Values)
            DropEmpty(provider);
        AddKeys(copy, wishes, values);
        var filled = new SecretResolution(copy) { Refusal = refusal, Values = values };
        return refusedAt is null ? filled : filled with { RefusedAt = refusedAt };
    }

    private static void DropEmpty(ProviderOptions provider)
    {
        if (provider.SecretProblem is null)
            return;
        provider.Key = provider.Key is "" ? null : provider.Key;
        var had = provider.Keys.Count;
        provider.Keys.RemoveAll(key => key.Key.Length == 0);
        // If there are several keys, the others continue to work.
        if (had > provider.Keys.Count && provider.Keys.Count > 0)
            provider.SecretProblem = null;
    }

    private static void AddKeys(SwitchyardOptions copy, SecretWishes wishes, IReadOnlyDictionary<string, string> values)
    {
        // Set before entries are added: naming a provider disables automatic enabling by key variables.
        var autoEnables = copy.AutoEnable ?? !copy.Providers.Values.Any(provider => provider.Enabled);
        foreach (var (written, wish) in wishes.Providers)
        {
            if (!values.TryGetValue(wish, out var key))
                continue;
            if (!copy.Providers.TryGetValue(written, out var provider))
                copy.Providers[written] = provider = new ProviderOptions();
            provider.Key = key;
        }

        if (autoEnables)
            copy.AutoEnable = true;
    }
}
