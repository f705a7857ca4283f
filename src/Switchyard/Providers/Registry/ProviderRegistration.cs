namespace Switchyard.Providers.Registry;

/// <summary>A provider to load: created by the activator, loaded by the registry.</summary>
/// <param name="Name">The name to register it under.</param>
/// <param name="Settings">Its settings.</param>
/// <param name="Descriptor">Its descriptor, with the user's priority.</param>
/// <param name="Factory">Creates it, not yet initialised. An exception is recorded as the reason why it could not be loaded.</param>
internal sealed record ProviderRegistration(string Name, ProviderSettings Settings, ProviderDescriptor Descriptor, Func<IProvider> Factory)
{
    /// <summary>The reason why it is enabled.</summary>
    public ProviderOrigin Origin { get; init; } = ProviderOrigin.Configured;
}

/// <summary>The reason why a provider is enabled.</summary>
internal enum ProviderOrigin
{
    /// <summary>The user named it.</summary>
    Configured,

    /// <summary>Its usual key variable is set.</summary>
    KeyVariable,

    /// <summary>No other provider is enabled: the mock on a fresh machine.</summary>
    Fallback,
}

/// <summary>A registered provider, for listing.</summary>
/// <param name="Name">The name it is registered under.</param>
/// <param name="Provider">The provider; null while a class has not been instantiated.</param>
/// <param name="Descriptor">Its descriptor.</param>
internal sealed record RegisteredProvider(string Name, IProvider? Provider, ProviderDescriptor Descriptor)
{
    /// <summary>The model ids known without a request: those of its settings, then those of its descriptor.</summary>
    public IReadOnlyList<string> Models { get; init; } = Descriptor.Models;

    /// <summary>Of these, the ids of its settings.</summary>
    public IReadOnlyList<string> ConfiguredModels { get; init; } = [];

    /// <summary>
    /// The model of a request that names only the provider: the configured one, the first of its settings, the catalogue's, the first of
    /// its descriptor; null if none.
    /// </summary>
    public string? DefaultModel { get; init; }
}

/// <summary>A provider that could not be loaded.</summary>
/// <param name="Name">The name it would have.</param>
/// <param name="Error"><c>ErrorType: message</c>, without secrets.</param>
/// <param name="Settings">Its settings; null if it has none.</param>
/// <param name="Descriptor">Its descriptor.</param>
internal sealed record LoadFailure(string Name, string Error, ProviderSettings? Settings, ProviderDescriptor Descriptor)
{
    /// <summary>The error code for the client; null uses the kind's.</summary>
    public string? Code { get; init; }

    /// <summary>Whether it would be known to serve a bare model name.</summary>
    public bool WouldServe(string model) =>
        new ModelMatcher(Descriptor.ModelPatterns, [.. Settings?.Models ?? [], .. Descriptor.Models]).Matches(model);
}

/// <summary>The result of loading several providers.</summary>
/// <param name="Loaded">The names that are ready, sorted.</param>
/// <param name="Errors"><c>ErrorType: message</c> for each name that failed.</param>
internal sealed record ProviderLoadReport(IReadOnlyList<string> Loaded, IReadOnlyDictionary<string, string> Errors);
