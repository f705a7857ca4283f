using Switchyard.Providers;
using Switchyard.Providers.Catalogue;

namespace Switchyard.Server.Importing;

/// <summary>
/// Other products' names for the vendors of the catalogue. The catalogue's names and aliases come first, with underscores as hyphens; this
/// table has the other names, and the paths that other products append to an address themselves.
/// </summary>
internal static class Vendors
{
    private static readonly Dictionary<string, string> s_names = new(StringComparer.OrdinalIgnoreCase)
    {
        ["ai21"] = "",
        ["azure-ai"] = "",
        ["bedrock-converse"] = "bedrock",
        ["chatgpt"] = "openai",
        ["cohere-chat"] = "cohere",
        ["custom-openai"] = "openai",
        ["fireworks-ai"] = "fireworks",
        ["google-ai-studio"] = "gemini",
        ["lm-studio"] = "lmstudio",
        ["ollama-chat"] = "ollama",
        ["openai-compatible"] = "openai",
        ["openai-like"] = "openai",
        ["sgl"] = "",
        ["text-completion-openai"] = "openai",
        ["together-ai"] = "together",
        ["vertex-ai-beta"] = "google-vertex",
        ["workers-ai"] = "cloudflare",
    };

    /// <summary>The paths to append to the addresses of these vendors if only the host is written.</summary>
    private static readonly Dictionary<string, string> s_paths = new(StringComparer.Ordinal)
    {
        ["anthropic"] = "/v1",
        ["cohere"] = "/v2",
        ["gemini"] = "/v1beta",
        ["groq"] = "/openai/v1",
        ["ollama"] = "/api",
        ["openrouter"] = "/api/v1",
    };

    /// <summary>The catalogue's entry for another product's vendor name; null if there is none.</summary>
    public static ProviderDescriptor? Find(string name)
    {
        var normal = name.Trim().Replace('_', '-').ToLowerInvariant();
        return ProviderCatalog.Default.Find(normal)
            ?? (s_names.TryGetValue(normal, out var ours) ? ProviderCatalog.Default.Find(ours) : null);
    }

    /// <summary>Whether the name is a vendor of other products that the catalogue does not have.</summary>
    public static bool IsForeign(string name) =>
        s_names.TryGetValue(name.Trim().Replace('_', '-'), out var ours) && ours.Length == 0;

    /// <summary>The entry of the vendor of a model; null if no entry matches the name.</summary>
    public static ProviderDescriptor? OfModel(string model) =>
        ProviderCatalog.Default.All.FirstOrDefault(entry => new ModelMatcher(entry.ModelPatterns, entry.Models).Matches(model));

    /// <summary>An address with the path that Switchyard expects.</summary>
    /// <param name="vendor">The catalogue's name of the vendor.</param>
    /// <param name="address">The address as written; a reference to a variable stays as it is.</param>
    /// <param name="isHost">Whether the source always writes only the host and appends <c>/v1</c> itself.</param>
    public static string Complete(string vendor, string address, bool isHost = false)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out var url) || url.AbsolutePath.Trim('/').Length > 0 || url.Query.Length > 0)
            return address;
        return address.TrimEnd('/') + Path(vendor, isHost);
    }

    /// <summary>The path to append to an address of which only the host is written; empty if there is none.</summary>
    /// <param name="vendor">The catalogue's name of the vendor.</param>
    /// <param name="isHost">Whether the source always writes only the host and appends <c>/v1</c> itself.</param>
    public static string Path(string vendor, bool isHost = false) => s_paths.GetValueOrDefault(vendor, isHost ? "/v1" : "");

    /// <summary>Whether an address is the catalogue's own, so that it need not be written.</summary>
    public static bool IsUsual(ProviderDescriptor vendor, string address) =>
        string.Equals(vendor.BaseUrl?.TrimEnd('/'), address.TrimEnd('/'), StringComparison.OrdinalIgnoreCase);
}
