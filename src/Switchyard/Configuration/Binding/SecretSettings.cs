namespace Switchyard.Configuration.Binding;

/// <summary>
/// Finds every secret of the options by the mark on its property (<see cref="SecretAttribute"/>), so that a setting added anywhere is
/// masked, and may be a reference to a store, without being named here.
/// </summary>
internal static class SecretSettings
{
    /// <summary>The secrets that are set, in the order of the configuration.</summary>
    public static IReadOnlyList<SecretSetting> Of(SwitchyardOptions options)
    {
        var found = new List<SecretSetting>();
        Replace(options, setting =>
        {
            found.Add(setting);
            return setting.Value;
        });
        return found;
    }

    /// <summary>Sets each secret to the result of a function.</summary>
    public static void Replace(SwitchyardOptions options, Func<SecretSetting, string> replacement) => TextSettings.Replace(
        options,
        text => text.Property.IsSecret ? replacement(new SecretSetting(text.Path, text.Value, text.Property.IsAddress)) : text.Value,
        // Every change of a stored key passes here with all keys: of 4,000, visiting their other settings took half of the time.
        isSkipped: static property => !property.MayHoldSecrets);
}

/// <summary>A secret of the options.</summary>
/// <param name="Path">Its key, as <see cref="ConfigurationKeys"/> writes it.</param>
/// <param name="Value">The secret.</param>
/// <param name="IsAddress">Whether it is an address, of which only the password is secret.</param>
internal readonly record struct SecretSetting(string Path, string Value, bool IsAddress)
{
    /// <summary>The parts of it that must never be repeated.</summary>
    public IEnumerable<string> Parts => IsAddress ? SecretParts.OfAddress(Value) : SecretParts.Of(Value);

    /// <summary>Without the secret, so that it can be logged.</summary>
    public override string ToString() => ConfigurationKeys.Display(Path);
}
