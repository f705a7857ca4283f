using System.Text.RegularExpressions;

namespace Switchyard.Server.Importing.LiteLlm;

/// <summary>
/// Addresses as LiteLLM reads them: it appends a version's path for some vendors, and takes a whole URL of a deployment of Azure.
/// </summary>
internal static partial class LiteLlmAddress
{
    /// <summary>The paths that LiteLLM appends to any address of these vendors, and the requests that an address may end with.</summary>
    private static readonly Dictionary<string, (string Path, string[] Requests)> s_appended = new(StringComparer.Ordinal)
    {
        ["anthropic"] = ("/v1", ["/messages"]),
        ["ollama"] = ("/api", ["/chat", "/generate"]),
    };

    [GeneratedRegex("/deployments/(?<name>[^/?#]+)", RegexOptions.CultureInvariant)]
    private static partial Regex Deployment { get; }

    [GeneratedRegex("/(?:openai|deployments)/", RegexOptions.CultureInvariant)]
    private static partial Regex Interface { get; }

    [GeneratedRegex("[?&]api-version=(?<version>[A-Za-z0-9.-]+)", RegexOptions.CultureInvariant)]
    private static partial Regex Version { get; }

    /// <summary>An address with the path that Switchyard expects.</summary>
    public static string Complete(string vendor, string address)
    {
        if (!s_appended.TryGetValue(vendor, out var appended)
            || !Uri.TryCreate(address, UriKind.Absolute, out var url) || url.Query.Length > 0)
            return Vendors.Complete(vendor, address);
        var whole = address.TrimEnd('/');
        if (Array.Find(appended.Requests, end => whole.EndsWith(appended.Path + end, StringComparison.Ordinal)) is { } request)
            whole = whole[..^request.Length];
        return whole.EndsWith(appended.Path, StringComparison.Ordinal) ? whole : whole + appended.Path;
    }

    /// <summary>The path to append to an address that a variable holds; empty if there is none.</summary>
    public static string AfterVariable(string vendor) => s_appended.TryGetValue(vendor, out var appended) ? appended.Path : "";

    /// <summary>An address of Azure without the path of its interface. A path before that is one of a gateway in front of Azure.</summary>
    public static string EndpointOf(Uri address)
    {
        var path = $"{address.AbsolutePath.TrimEnd('/')}/";
        var before = Interface.Match(path) is { Success: true } found ? path[..found.Index] : path;
        return address.GetLeftPart(UriPartial.Authority) + before.TrimEnd('/');
    }

    /// <summary>The deployment and the version that an address of Azure names; null for what it does not.</summary>
    public static (string? Deployment, string? Version) OfAzure(string address) =>
        (Deployment.Match(address) is { Success: true } named ? Uri.UnescapeDataString(named.Groups["name"].Value) : null,
            Version.Match(address) is { Success: true } versioned ? versioned.Groups["version"].Value : null);
}
