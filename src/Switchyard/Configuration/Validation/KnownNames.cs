namespace Switchyard.Configuration.Validation;

/// <summary>What exists outside the configuration: the catalogue's providers, those registered in code, and the dialects.</summary>
internal sealed class KnownNames(ConfigurationRequest request)
{
    public IReadOnlyCollection<string> Dialects => request.Dialects;

    public IReadOnlyCollection<string> Providers => request.ProviderNames;

    /// <summary>Whether a provider exists without being configured.</summary>
    public bool IsProvider(string name) => request.IsKnownProvider is not { } isKnown || isKnown(name);
}
