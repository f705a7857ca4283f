namespace Switchyard.Configuration.Binding;

/// <summary>Keys that are planned but not implemented: the message says so, rather than calling them unknown.</summary>
internal static class UnavailableKeys
{
    private static readonly HashSet<string> TopLevel = new(StringComparer.OrdinalIgnoreCase)
    {
        "retry", "cache", "limits", "budgets", "storage", "egress",
    };

    /// <summary>The end of the message about such a key, possibly empty; null when the key is not one of them.</summary>
    public static string? Explain(OptionShape shape, string name)
    {
        if (shape.Type == typeof(SwitchyardOptions) && TopLevel.Contains(name))
            return "";
        if (shape.Type == typeof(ProviderOptions) && name.Equals("keys", StringComparison.OrdinalIgnoreCase))
            return "; give one 'key'";
        if (shape.Type == typeof(TargetOptions) && name.Equals("weight", StringComparison.OrdinalIgnoreCase))
            return "; targets are tried in the order written";
        return null;
    }
}
