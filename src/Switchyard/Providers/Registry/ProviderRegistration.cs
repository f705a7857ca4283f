namespace Switchyard.Providers.Registry;

/// <summary>A provider that is to be loaded: what the activator decides and the registry carries out.</summary>
/// <param name="Name">The name to register it under.</param>
/// <param name="Settings">What it is initialised with.</param>
/// <param name="Descriptor">Its facts, the user's priority included.</param>
/// <param name="Factory">Builds it, not yet initialised. What it throws is recorded as the reason it could not be loaded.</param>
public sealed record ProviderRegistration(string Name, ProviderSettings Settings, ProviderDescriptor Descriptor, Func<IProvider> Factory)
{
    /// <summary>Why it is there.</summary>
    public ProviderOrigin Origin { get; init; } = ProviderOrigin.Configured;
}

/// <summary>Why a provider exists.</summary>
public enum ProviderOrigin
{
    /// <summary>The user named it.</summary>
    Configured,

    /// <summary>Its usual key variable is set.</summary>
    KeyVariable,

    /// <summary>There is no other: the mock of a fresh machine.</summary>
    Fallback,
}

/// <summary>A registered provider as others see it.</summary>
/// <param name="Name">The name it is registered under.</param>
/// <param name="Provider">The provider; null while a class has not been built.</param>
/// <param name="Descriptor">Its facts.</param>
public sealed record RegisteredProvider(string Name, IProvider? Provider, ProviderDescriptor Descriptor)
{
    /// <summary>The models known without asking anyone: those it was registered with, then those of its facts.</summary>
    public IReadOnlyList<string> Models { get; init; } = Descriptor.Models;
}

/// <summary>What came of loading several providers.</summary>
/// <param name="Loaded">The names that are ready, sorted.</param>
/// <param name="Errors">For each name that failed <c>ErrorType: message</c>.</param>
public sealed record ProviderLoadReport(IReadOnlyList<string> Loaded, IReadOnlyDictionary<string, string> Errors);
