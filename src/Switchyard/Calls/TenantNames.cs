using System.Buffers;

namespace Switchyard.Calls;

/// <summary>The names of tenants as shown in metrics and records.</summary>
internal static class TenantNames
{
    /// <summary>The label of calls without a tenant, if nothing else sets one.</summary>
    public const string Unscoped = "unscoped";

    /// <summary>The longest name.</summary>
    public const int MaxLength = 256;

    private static readonly SearchValues<char> s_valid =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.:/@");

    private static readonly string[] s_resourceAttributes = ["tenant.id", "tenant_id", "tenant"];

    /// <summary>
    /// A tenant's name as a label: trimmed, cut to 256 characters, with <c>_</c> for everything but letters, digits and <c>_-.:/@</c>. The
    /// same object if nothing changes; null if nothing is left.
    /// </summary>
    public static string? Clean(string? name)
    {
        if (name is null)
            return null;
        var text = name.AsSpan().Trim();
        if (text.Length > MaxLength)
            text = text[..MaxLength];
        if (text.IsEmpty)
            return null;
        if (!text.ContainsAnyExcept(s_valid))
            return text.Length == name.Length ? name : text.ToString();
        return string.Create(text.Length, text, static (clean, from) =>
        {
            for (var i = 0; i < clean.Length; i++)
                clean[i] = s_valid.Contains(from[i]) ? from[i] : '_';
        });
    }

    /// <summary>
    /// The label of calls that name no tenant: the configured one, else <c>METRICS_TENANT_LABEL</c>, else the tenant among
    /// <c>OTEL_RESOURCE_ATTRIBUTES</c>, else <see cref="Unscoped"/>.
    /// </summary>
    /// <param name="configured">The configured one (<c>telemetry.tenant</c>); null for none.</param>
    /// <param name="variable">Reads an environment variable.</param>
    public static string DefaultLabel(string? configured, Func<string, string?> variable) =>
        Clean(configured) ?? Clean(variable("METRICS_TENANT_LABEL")) ?? Clean(OfResource(variable("OTEL_RESOURCE_ATTRIBUTES"))) ?? Unscoped;

    /// <summary>The value of the first of several names that occurs in <c>name=value,name=value</c>; values are percent-encoded.</summary>
    private static string? OfResource(string? attributes)
    {
        var pairs = (attributes ?? "").Split(',').Select(pair => pair.Split('=', 2, StringSplitOptions.TrimEntries)).ToList();
        return s_resourceAttributes
            .Select(name => pairs.Find(pair => pair.Length == 2 && pair[0] == name)?[1])
            .Where(value => value is not null)
            .Select(value => Uri.UnescapeDataString(value!))
            .FirstOrDefault();
    }
}
