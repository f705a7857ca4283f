namespace Switchyard.Providers;

/// <summary>Checks the settings every provider shares. Returns messages, so that each caller decides how to report them.</summary>
internal static class ProviderSettingsValidator
{
    /// <summary>The shortest timeout a provider may have.</summary>
    public static readonly TimeSpan MinTimeout = TimeSpan.FromSeconds(1);

    public static IEnumerable<string> Validate(ProviderSettings settings, bool requiresApiKey)
    {
        if (requiresApiKey && string.IsNullOrWhiteSpace(settings.ApiKey))
            yield return "API key is required";
        if (string.IsNullOrWhiteSpace(settings.Type))
            yield return "Provider type is required";
        if (settings.Timeout < MinTimeout)
            yield return "Timeout must be at least 1000ms";
        if (settings.MaxRetries < 0)
            yield return "Max retries must be non-negative";
    }
}
