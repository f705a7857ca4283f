using System.Security.Cryptography;
using System.Text;
using Switchyard.Calls;
using Switchyard.Configuration;

namespace Switchyard.Engine;

/// <summary>
/// The id that loop detection sends on: of the deployment, not of the process, so that a request that comes back to another instance of the
/// gateway is recognised too. Instances have the same configuration, and a gateway can only reach itself through configured addresses.
/// </summary>
internal static class GatewayId
{
    private static readonly string s_process = CallIds.NewRequestId();

    public static string Of(SwitchyardOptions options)
    {
        if (options.Server.Id is { } chosen)
            return Hash(chosen);
        // Without a base address the configuration reaches vendors only. A process in which code adds providers may still reach
        // another with the same, empty configuration, and the two must have different ids.
        if (options.Providers.Values.All(provider => provider.BaseUrl is null))
            return s_process;
        var text = new StringBuilder();
        foreach (var (name, provider) in options.Providers.OrderBy(pair => pair.Key, StringComparer.OrdinalIgnoreCase))
            Add(text, name, provider.Type, provider.BaseUrl, provider.Dialect);
        foreach (var (alias, route) in options.Models.OrderBy(pair => pair.Key, StringComparer.OrdinalIgnoreCase))
            Add(text, [alias, .. route.Targets.Concat(route.Fallback).Select(target => target.Model)]);
        return Hash(text.ToString());
    }

    private static void Add(StringBuilder text, params IEnumerable<string?> parts)
    {
        foreach (var part in parts)
            text.Append(part).Append('\0');
        text.Append('\n');
    }

    /// <summary>32 hexadecimal digits: providers see the id, and must not learn names of the configuration from it.</summary>
    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 16));
}
