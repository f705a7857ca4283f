using Microsoft.Extensions.Logging;
using Switchyard.Configuration;
using Switchyard.Models;
using Switchyard.Providers;
using Switchyard.Providers.Catalogue;
using Switchyard.Providers.Registry;
using Switchyard.Routing;
using Switchyard.Targets;

namespace Switchyard.Engine;

/// <summary>
/// Keeps the registry in step with the configuration. Providers registered in code are left alone. Changes are made one at a time, by
/// the engine.
/// </summary>
internal sealed partial class ProviderSet(
    ProviderRegistry registry, ProviderCatalog catalog, ProviderContext context, IEnumerable<AddedProvider> added, ILogger<ProviderSet> logger)
{
    private readonly ProviderActivator _activator = new(catalog, context);
    private readonly DeploymentStates _states = new();
    private readonly AddedProvider[] _added = [.. added];

    // Registered, but no longer configured: kept for calls under way, each with the generation that took it out.
    private readonly Dictionary<string, long> _leaving = new(StringComparer.OrdinalIgnoreCase);
    private Dictionary<string, ConfiguredProvider> _configured = new(StringComparer.OrdinalIgnoreCase);
    private bool _addedOnce;

    public ProviderRegistry Registry => registry;

    public ModelCatalog Models => context.Models;

    /// <summary>
    /// Loads what is new or has changed. One that fails to load is recorded and reported, and does not keep the others from their work.
    /// What is no longer configured stays registered until <see cref="RemoveAsync"/>, hidden from the view returned.
    /// </summary>
    public async ValueTask<ProviderView> LoadAsync(SwitchyardOptions options, long generation, CancellationToken cancellationToken)
    {
        if (!_addedOnce)
        {
            foreach (var provider in _added)
                await provider.Register(registry, cancellationToken).ConfigureAwait(false);
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
        await registry.LoadAllAsync(changed.Select(one => one.Registration), replace: true, cancellationToken).ConfigureAwait(false);

        foreach (var name in _configured.Keys.Where(name => !wanted.ContainsKey(name)))
            _leaving[name] = generation;
        foreach (var name in wanted.Keys)
            _leaving.Remove(name);
        _configured = wanted;
        return new ProviderView(registry, _states, _leaving.Keys);
    }

    /// <summary>Removes what a generation took out and none has brought back: no call that could still ask for it is under way.</summary>
    public async ValueTask RemoveAsync(long generation)
    {
        foreach (var name in _leaving.Where(one => one.Value <= generation).Select(one => one.Key).ToList())
        {
            _leaving.Remove(name);
            await registry.UnregisterAsync(name).ConfigureAwait(false);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "{Problem}")]
    private partial void LogProblem(string problem);

    private sealed record ConfiguredProvider(ProviderRegistration Registration, TimeSpan ConnectTimeout)
    {
        /// <summary>Whether a provider made from the other would behave the same: it then keeps its connections.</summary>
        public bool IsSameAs(ConfiguredProvider other)
        {
            var (mine, theirs) = (Registration.Settings, other.Registration.Settings);
            return ConnectTimeout == other.ConnectTimeout
                && Registration.Descriptor == other.Registration.Descriptor
                && mine with { Headers = theirs.Headers, Keys = theirs.Keys, Models = theirs.Models, Metadata = theirs.Metadata } == theirs
                && Same(mine.Headers, theirs.Headers) && Same(mine.Metadata, theirs.Metadata) && mine.Models.SequenceEqual(theirs.Models)
                && mine.Keys.SequenceEqual(theirs.Keys);
        }

        private static bool Same(IReadOnlyDictionary<string, string> one, IReadOnlyDictionary<string, string> other) =>
            one.Count == other.Count && one.All(pair => other.TryGetValue(pair.Key, out var value) && value == pair.Value);
    }
}
