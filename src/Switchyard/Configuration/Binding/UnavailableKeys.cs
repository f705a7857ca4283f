namespace Switchyard.Configuration.Binding;

/// <summary>Keys that are designed but not built. Saying so is kinder than calling them unknown, and safer than ignoring them.</summary>
internal static class UnavailableKeys
{
    private static readonly HashSet<string> TopLevel = new(StringComparer.OrdinalIgnoreCase)
    {
        "retry", "cache", "limits", "budgets", "storage", "egress",
    };

    /// <summary>What to say of a key that the shape at hand does not have; null when it is simply unknown.</summary>
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
