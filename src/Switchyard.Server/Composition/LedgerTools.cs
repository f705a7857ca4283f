using Microsoft.Extensions.DependencyInjection;
using Switchyard.Configuration;
using Switchyard.Models;
using Switchyard.Money;
using Switchyard.Providers.Registry;

namespace Switchyard.Server.Composition;

/// <summary>
/// The ledger for verbs: reading, correcting, and the configured prices and targets. No engine is started, because a gateway may be
/// running on the same ledger.
/// </summary>
internal sealed class LedgerTools : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private readonly SwitchyardOptions _options;
    private readonly PriceTable _prices;
    private readonly Dictionary<string, string> _catalogued;
    private readonly RegisteredNames _names;

    public LedgerTools(ServiceProvider services, SwitchyardOptions options)
    {
        (_services, _options) = (services, options);
        var activator = new ProviderActivator();
        var activation = activator.Activate(options);
        _catalogued = activation.Providers.ToDictionary(
            provider => provider.Name, provider => provider.Descriptor?.Name ?? provider.Name, StringComparer.OrdinalIgnoreCase);
        _names = new RegisteredNames([.. _catalogued.Keys, .. activation.Disabled]);
        _prices = PriceTable.Of(
            options.Prices, name => activator.NameOf(name, options.Providers.GetValueOrDefault(name)) ?? name,
            DateOnly.FromDateTime(Now.UtcDateTime));
    }

    /// <summary>
    /// The argument that gives a command its own file while a gateway holds the configured one exclusively; null if no ledger is
    /// configured.
    /// </summary>
    public static string? OwnFile(StorageOptions storage) => storage.Ledger is not { } ledger ? null
        : ledger.Trim().StartsWith("sqlite:", StringComparison.OrdinalIgnoreCase) ? "--set storage.ledger=sqlite:chat.db"
        : "--set storage.journal=chat-journal.db";

    /// <summary>Reads the ledger.</summary>
    public IUsageReader Reader => _services.GetRequiredService<IUsageReader>();

    /// <summary>Corrects the ledger.</summary>
    public ILedgerCorrections Corrections => _services.GetRequiredService<ILedgerCorrections>();

    /// <summary>The current time, UTC.</summary>
    public DateTimeOffset Now => _services.GetRequiredService<TimeProvider>().GetUtcNow();

    /// <summary>The name a provider is registered under, for its name or an alias.</summary>
    public string NameOf(string provider) => _names.Find(provider);

    /// <summary>The price of a provider's model on a day: the configured one, else the catalogue's; null if neither exists.</summary>
    public ModelPrice? PriceOf(string provider, string model, DateOnly day)
    {
        var found = _prices.Find(provider, model)
            ?? ModelCatalog.Default.Find(_catalogued.GetValueOrDefault(provider, provider), model)?.PriceOn(day);
        return found is null ? null : new ModelPrice(_prices.WithTools(found, provider, model));
    }

    /// <summary>The targets that calls to a name may have used, each <c>provider/model</c>; empty if none is configured.</summary>
    public IReadOnlyList<string> TargetsOf(string alias) =>
        _options.Models.TryGetValue(alias, out var route)
            ? [.. route.Targets.Concat(route.Fallback).Select(target => Registered(target.Model)).Where(target => target.Contains('/'))]
            : alias.Contains('/', StringComparison.Ordinal) ? [Registered(alias)] : [];

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    private string Registered(string target)
    {
        var slash = target.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? target : NameOf(target[..slash]) + target[slash..];
    }
}
