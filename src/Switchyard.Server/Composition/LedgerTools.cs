using Microsoft.Extensions.DependencyInjection;
using Switchyard.Common;
using Switchyard.Configuration;
using Switchyard.Models;
using Switchyard.Money;
using Switchyard.Providers;
using Switchyard.Providers.Catalogue;
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

    /// <summary>
    /// Why an export cannot be of a provider: it is neither configured nor in the catalogue, and the ledger has no call to it. Null
    /// otherwise; a provider that left the configuration still has bills.
    /// </summary>
    public async Task<string?> ExplainUnknownAsync(string provider, CancellationToken cancellationToken)
    {
        if (_names.Has(provider) || ProviderCatalog.Default.Find(provider) is not null)
            return null;
        var called = await Reader.SummarizeAsync(new() { By = [UsageGrouping.Provider], Limit = 1000 }, cancellationToken);
        // A provider has bills, and so has one of its versions (acme@2).
        if (called.Groups.SelectMany(group => new[] { group.Name, group.Name.Split('@')[0] })
            .Contains(provider, StringComparer.OrdinalIgnoreCase))
            return null;
        var known = _catalogued.Keys.Concat(called.Groups.Select(group => group.Name)).Where(name => name.Length > 0)
            .Distinct(StringComparer.OrdinalIgnoreCase).ToList();
        var near = NearNames.Find(provider, known);
        return ProviderMessages.NotFound(provider, known, near.Count > 0 ? near : ProviderCatalog.Default.NearestNames(provider));
    }

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
