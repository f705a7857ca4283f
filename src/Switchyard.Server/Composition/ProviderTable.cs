using Switchyard.Configuration;
using Switchyard.Providers;
using Switchyard.Providers.Catalogue;
using Switchyard.Providers.Registry;

namespace Switchyard.Server.Composition;

/// <summary>The catalogue and the configured providers in one table, each with why it is enabled or what would enable it.</summary>
internal static class ProviderTable
{
    public static IReadOnlyList<ProviderRow> Of(SwitchyardOptions options)
    {
        var activation = new ProviderActivator().Activate(options);
        var active = activation.Providers.ToDictionary(registration => registration.Name, StringComparer.Ordinal);
        var catalogued = ProviderCatalog.Default.All.Select(descriptor => descriptor.Name).ToHashSet(StringComparer.Ordinal);
        // One with a type has the catalogue's descriptor of that type, and a name of its own.
        var configured = activation.Providers
            .Where(registration => !catalogued.Contains(registration.Name))
            .Select(registration => registration.Descriptor with { Name = registration.Name, Aliases = [] });
        return
        [
            .. ProviderCatalog.Default.All.Concat(configured)
                .OrderBy(descriptor => descriptor.Name, StringComparer.Ordinal)
                .Select(descriptor => Row(descriptor, active.GetValueOrDefault(descriptor.Name))),
        ];
    }

    /// <summary>The providers that would be enabled, by name, and where each comes from.</summary>
    public static IReadOnlyList<EnabledProvider> EnabledOf(SwitchyardOptions options) =>
    [
        .. new ProviderActivator().Activate(options).Providers.OrderBy(provider => provider.Name, StringComparer.Ordinal)
            .Select(provider => new EnabledProvider(provider.Name, Why(provider))),
    ];

    /// <summary>Why a provider is enabled.</summary>
    public static string Why(ProviderRegistration registration) => registration.Origin switch
    {
        ProviderOrigin.KeyVariable => "its key variable is set",
        ProviderOrigin.Fallback => "nothing else is enabled",
        _ => "configured",
    };

    private static ProviderRow Row(ProviderDescriptor descriptor, ProviderRegistration? registration)
    {
        var variable = descriptor.KeyEnv.Count > 0 ? descriptor.KeyEnv[0] : null;
        var keySet = registration?.Settings.ApiKey is not null
            || descriptor.KeyEnv.Any(name => !string.IsNullOrWhiteSpace(Environment.GetEnvironmentVariable(name)));
        return new ProviderRow(
            descriptor.Name,
            registration?.Settings.Dialect ?? descriptor.Dialects[0],
            registration?.Settings.BaseUrl ?? descriptor.BaseUrl,
            variable,
            keySet,
            registration is not null,
            registration switch
            {
                { } enabled => Why(enabled),
                _ when descriptor.Unavailable is { } reason => reason,
                _ when descriptor.Local || variable is null => $"add 'providers: {{ {descriptor.Name}: {{}} }}' to switchyard.yaml",
                _ => $"set {variable}",
            })
        {
            Aliases = descriptor.Aliases,
        };
    }
}

/// <summary>A provider as <c>switchyard providers</c> shows it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Dialect">The wire format it speaks.</param>
/// <param name="BaseUrl">Its base URL; null if unknown.</param>
/// <param name="KeyVariable">The environment variable that usually holds its key; null if it needs none.</param>
/// <param name="KeySet">Whether it has a key, from the variable or the configuration.</param>
/// <param name="Enabled">Whether calls may go to it.</param>
/// <param name="Why">Why it is enabled, or what would enable it.</param>
internal sealed record ProviderRow(
    string Name, string Dialect, string? BaseUrl, string? KeyVariable, bool KeySet, bool Enabled, string Why)
{
    /// <summary>Its other names, for requests and for the configuration.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];
}

/// <summary>A provider that would be enabled.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Why">Where it comes from: the configuration, a key variable, or nothing else being enabled.</param>
internal sealed record EnabledProvider(string Name, string Why);
