using Microsoft.Extensions.Logging;
using Switchyard.Configuration;
using Switchyard.Providers;

namespace Switchyard.Routing;

/// <summary>
/// Keeps the registry in step with the configuration, and answers routing's questions about it. Providers registered in code are left
/// alone. Thread-safe; changes are made one at a time by the engine.
/// </summary>
internal sealed partial class ProviderSet(
    ProviderRegistry registry, ProviderCatalog catalog, ProviderContext context, IEnumerable<AddedProvider> added, ILogger<ProviderSet> logger)
    : IProviderDirectory
{
    private readonly ProviderActivator _activator = new(catalog, context);
    private readonly AddedProvider[] _added = [.. added];
    private Dictionary<string, ConfiguredProvider> _configured = new(StringComparer.OrdinalIgnoreCase);
    private bool _addedOnce;
    private volatile Ranking _ranking = new(-1, []);

    public ProviderRegistry Registry => registry;

    public long Version => registry.Version;

    public IReadOnlyList<string> Names => registry.List();

    /// <summary>
    /// Loads what is new or has changed. One that fails to load is recorded and reported, and does not keep the others from their work.
    /// </summary>
    /// <returns>The names that are no longer configured: to be removed once nothing new is routed to them.</returns>
    public async ValueTask<IReadOnlyList<string>> LoadAsync(SwitchyardOptions options, CancellationToken cancellationToken)
    {
        if (!_addedOnce)
        {
            foreach (var provider in _added)
                await provider.Register(registry, cancellationToken);
            _addedOnce = true;
        }

        var activation = _activator.Activate(options);
        foreach (var problem in activation.Problems)
            LogProblem(problem);

        // The mock of a fresh machine steps back where code brought a provider of its own.
        var wanted = activation.Providers
            .Where(one => one.Origin != ProviderOrigin.Fallback || _added.Length == 0)
            .ToDictionary(one => one.Name, one => new ConfiguredProvider(one, options.Timeouts.Connect), StringComparer.OrdinalIgnoreCase);
        var changed = wanted.Values.Where(one => !_configured.TryGetValue(one.Registration.Name, out var before) || !one.IsSameAs(before));
        await registry.LoadAllAsync(changed.Select(one => one.Registration), replace: true, cancellationToken);
        var gone = _configured.Keys.Where(name => !wanted.ContainsKey(name)).ToList();
        _configured = wanted;
        return gone;
    }

    public string? Find(ReadOnlySpan<char> nameOrAlias) => registry.GetRegisteredName(nameOrAlias);

    public string? FindServing(string model)
    {
        var ranking = CurrentRanking();
        foreach (var entry in ranking.Providers)
        {
            if (entry.Provider?.ServesModel(model) is true)
                return entry.Name;
        }

        return null;
    }

    public string? DefaultModelOf(string provider) => registry.GetDescriptor(provider)?.Models is [var first, ..] ? first : null;

    public IEnumerable<string> KnownModelNames()
    {
        foreach (var entry in CurrentRanking().Providers)
        {
            foreach (var model in (entry.Provider as HttpProvider)?.KnownModels.Select(known => known.Id) ?? entry.Descriptor.Models)
            {
                yield return model;
                yield return $"{entry.Name}/{model}";
            }
        }
    }

    /// <summary>The model to ask for when nobody names one: the first alias, else the only provider's first model.</summary>
    public string? DefaultModel(SwitchyardOptions options)
    {
        if (options.Models.Keys.FirstOrDefault() is { } alias)
            return alias;
        return CurrentRanking().Providers is [var only] && DefaultModelOf(only.Name) is { } model ? $"{only.Name}/{model}" : null;
    }

    private Ranking CurrentRanking()
    {
        var ranking = _ranking;
        var version = registry.Version;
        return ranking.Version == version ? ranking : _ranking = new(version, registry.All);
    }

    [LoggerMessage(1, LogLevel.Warning, "{Problem}")]
    private partial void LogProblem(string problem);

    /// <summary>The providers by descending priority, as of one version of the registry.</summary>
    private sealed record Ranking(long Version, IReadOnlyList<RegisteredProvider> Providers);

    private sealed record ConfiguredProvider(ProviderRegistration Registration, TimeSpan ConnectTimeout)
    {
        /// <summary>Whether a provider made from the other would behave the same: it then keeps its connections.</summary>
        public bool IsSameAs(ConfiguredProvider other)
        {
            var (mine, theirs) = (Registration.Settings, other.Registration.Settings);
            return ConnectTimeout == other.ConnectTimeout
                && Registration.Descriptor == other.Registration.Descriptor
                && mine with { Headers = theirs.Headers, Models = theirs.Models, Metadata = theirs.Metadata } == theirs
                && Same(mine.Headers, theirs.Headers) && Same(mine.Metadata, theirs.Metadata) && mine.Models.SequenceEqual(theirs.Models);
        }

        private static bool Same(IReadOnlyDictionary<string, string> one, IReadOnlyDictionary<string, string> other) =>
            one.Count == other.Count && one.All(pair => other.TryGetValue(pair.Key, out var value) && value == pair.Value);
    }
}
