using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>One of several credentials of a provider.</summary>
[Shorthand(nameof(Key))]
public sealed class ProviderKeyOptions
{
    /// <summary>The credential.</summary>
    [ConfigurationKeyName("key"), Secret]
    public string Key { get; set; } = "";

    /// <summary>Its share of the provider's calls, relative to the other keys'; greater than 0.</summary>
    /// <value>The default is 1.</value>
    [ConfigurationKeyName("weight")]
    public double Weight { get; set; } = 1;

    /// <summary>Whether a key is set, without the key.</summary>
    public override string ToString() => $"key {SecretText.Describe(Key)}";
}
