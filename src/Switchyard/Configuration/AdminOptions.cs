using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>The admin API (<c>/admin/…</c>). It answers nobody until it has a key.</summary>
public sealed class AdminOptions
{
    /// <summary>The key of whoever runs the gateway. Without one the admin API is off.</summary>
    [ConfigurationKeyName("key"), Secret]
    public string? Key { get; set; }

    /// <summary>
    /// Addresses at which the admin API answers, and nowhere else, separated by semicolons; null lets it answer where calls are taken.
    /// </summary>
    [ConfigurationKeyName("urls")]
    public string? Urls { get; set; }
}
