using Microsoft.Extensions.Logging;
using Switchyard.Common;
using Switchyard.Configuration;
using Switchyard.Limits;
using Switchyard.Models;
using Switchyard.Network;
using Switchyard.Providers;
using Switchyard.Providers.Catalogue;
using Switchyard.Providers.Registry;
using Switchyard.Routing;
using Switchyard.Targets;

namespace Switchyard.Engine;

/// <summary>
/// Applies the configured providers to the registry. Providers registered in code are not touched. Not thread-safe: the engine calls it
/// under its own lock.
/// </summary>
internal sealed partial class ProviderSet(
    ProviderRegistry registry,
    ProviderCatalog catalog,
    ProviderContext context,
    IEnumerable<AddedProvider> added,
    EgressGuards guards,
    ILogger<ProviderSet> logger,
    LimitStore? limits = null)
{
    private readonly ProviderActivator _activator = new(catalog, context, guards);
    private readonly DeploymentStates _states = new();
    private readonly LimitStore _limits = limits ?? new LimitStore();
    private readonly AddedProvider[] _added = [.. added];

    // Providers that are registered but no longer configured, each with the generation that removed it. Running calls may still use them.
    private readonly Dictionary<string, long> _leaving = new(StringComparer.OrdinalIgnoreCase);
    private Dictionary<string, ConfiguredProvider> _configured = new(StringComparer.OrdinalIgnoreCase);
    // Providers whose last loading failed. The next one may find the cause (a missing file) repaired.
    private HashSet<string> _failed = new(StringComparer.OrdinalIgnoreCase);
    private IReadOnlyList<string> _disabled = [];
    // How many of the added providers are registered. A start that failed, or whose caller has left, goes on from there.
    private int _addedCount;
    private volatile bool _usesMock;

    public ProviderRegistry Registry => registry;

    /// <summary>Whether nothing is configured, so that the built-in mock answers.</summary>
    public bool UsesMock => _usesMock;

    /// <summary>The limits that several nodes count together; null if each counts for itself.</summary>
    public SharedCounting? SharedLimits => _limits.Shared;

    /// <summary>Every referenced deployment, and its state.</summary>
    public IEnumerable<(DeploymentKey Key, DeploymentState State)> States => _states.All;

    public SecretRedactor Secrets => context.Secrets;

    public ModelCatalog Models => context.Models;

    /// <summary>Makes the guards of the network policy.</summary>
    public EgressGuards Guards => guards;

    /// <summary>
    /// The network policy of the providers that <see cref="LoadAsync"/> loaded last; null if every address may be reached.
    /// </summary>
    public EgressGuard? Egress { get; private set; }

    /// <summary>The providers' lists of models.</summary>
    public ModelLists Lists { get; } = new(registry, context.TimeProvider, logger);

    /// <summary>The providers that <see cref="LoadAsync"/> loaded again because their credentials had changed.</summary>
    public IReadOnlyList<string> Rotated { get; private set; } = [];

    /// <summary>
    /// Loads the providers that are new, have changed, or could not be loaded before. One that fails to load is recorded and logged, and
    /// does not affect the others. Those no longer configured stay registered until <see cref="RemoveAsync"/>, hidden from the view
    /// returned.
    /// </summary>
    public async ValueTask<ProviderView> LoadAsync(SwitchyardOptions options, long generation, CancellationToken cancellationToken)
    {
        for (; _addedCount < _added.Length; _addedCount++)
            await _added[_addedCount].Register(registry, cancellationToken).ConfigureAwait(false);

        var activation = _activator.Activate(options);
        foreach (var problem in activation.Problems.Concat(activation.Warnings))
            LogProblem(problem);
        Egress = activation.Egress;
        _usesMock = activation.IsMock && _added.Length == 0;
        if (_usesMock)
            LogMock();
        if (activation.Providers.Count == 0 && registry.List().Count == 0)
            LogNone(ProviderActivation.NoProvider);

        // The mock, enabled if no provider is configured, is left out if code added a provider.
        var wanted = activation.Providers
            .Where(registration => registration.Origin != ProviderOrigin.Fallback || _added.Length == 0)
            .ToDictionary(
                registration => registration.Name,
                registration => new ConfiguredProvider(registration, options.Timeouts.Connect, activation.Egress),
                StringComparer.OrdinalIgnoreCase);
        var changed = wanted.Values.Where(provider =>
            !_configured.TryGetValue(provider.Registration.Name, out var before) || !provider.IsSameAs(before)
            || _failed.Contains(provider.Registration.Name)).ToList();
        var loaded = await registry.LoadAllAsync(changed.Select(provider => provider.Registration), replace: true, cancellationToken)
            .ConfigureAwait(false);

        // A provider that got its first key is new, and one that could not be loaded keeps its earlier key: neither is a rotation.
        Rotated = [.. changed.Where(provider => _configured.TryGetValue(provider.Registration.Name, out var before)
            && before.Registration.Settings.ApiKey is not null && !provider.HasSameKeysAs(before))
            .Select(provider => provider.Registration.Name).Intersect(loaded.Loaded, StringComparer.Ordinal)];
        foreach (var name in _configured.Keys.Where(name => !wanted.ContainsKey(name)))
            _leaving[name] = generation;
        foreach (var name in wanted.Keys)
            _leaving.Remove(name);
        _configured = wanted;
        _failed = loaded.Errors.Keys.ToHashSet(StringComparer.OrdinalIgnoreCase);
        _disabled = activation.Disabled;
        return ViewOf(options, LimitTable.From(options, _limits, name => NameOf(options, name)));
    }

    /// <summary>The providers that <see cref="LoadAsync"/> loaded last, for another configuration with the same providers.</summary>
    public ProviderView ViewOf(SwitchyardOptions options, LimitTable limits)
    {
        var rules = TargetRules.Of(options, limits, name => NameOf(options, name), context.TimeProvider);
        var tuned = options.Tuned.ToDictionary(pair => NameOf(options, pair.Key), pair => pair.Value, StringComparer.OrdinalIgnoreCase);
        return new ProviderView(registry, Lists, _states, rules, Models, _leaving.Keys, _disabled, tuned);
    }

    /// <summary>The name that a provider is registered under, from its name in the configuration.</summary>
    public string NameOf(SwitchyardOptions options, string written) =>
        _activator.NameOf(written, options.Providers.GetValueOrDefault(written)) ?? written;

    /// <summary>How a provider became known.</summary>
    /// <param name="name">Its registered name.</param>
    /// <param name="isNamed">Whether the configuration names it.</param>
    public ProviderSource SourceOf(string name, bool isNamed) =>
        !_configured.TryGetValue(name, out var provider) ? isNamed ? ProviderSource.Configuration : ProviderSource.Code
        : provider.Registration.Origin switch
        {
            ProviderOrigin.KeyVariable => ProviderSource.KeyVariable,
            ProviderOrigin.Fallback => ProviderSource.Fallback,
            _ => ProviderSource.Configuration,
        };

    /// <summary>
    /// Unregisters the providers that this generation or an earlier one removed, and none has added again. Called when all calls on earlier
    /// configurations have ended.
    /// </summary>
    public async ValueTask RemoveAsync(long generation)
    {
        foreach (var name in _leaving.Where(leaving => leaving.Value <= generation).Select(leaving => leaving.Key).ToList())
        {
            _leaving.Remove(name);
            await registry.UnregisterAsync(name).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Disposes the providers of the host that are not registered, because the engine was not started or its start failed. The registry
    /// disposes the others.
    /// </summary>
    public async ValueTask DisposeUnregisteredAsync()
    {
        // Counted as registered, so that a second disposal of the engine finds none.
        while (_addedCount < _added.Length)
        {
            if (_added[_addedCount++].Instance is not { } provider)
                continue;
            try
            {
                await provider.DisposeAsync().ConfigureAwait(false);
            }
            catch (Exception error)
            {
                LogDisposalFailed(provider.Name, error);
            }
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "{Problem}")]
    private partial void LogProblem(string problem);

    [LoggerMessage(2, LogLevel.Warning, "Nothing is configured, so the built-in mock answers every call")]
    private partial void LogMock();

    [LoggerMessage(3, LogLevel.Error, "{Problem}")]
    private partial void LogNone(string problem);

    [LoggerMessage(4, LogLevel.Warning, "Disposing provider {Provider} failed")]
    private partial void LogDisposalFailed(string provider, Exception error);

    private sealed record ConfiguredProvider(ProviderRegistration Registration, TimeSpan ConnectTimeout, EgressGuard? Egress)
    {
        // Certificates are renewed under the same names, and mounted ones behind links with unchanged times.
        private readonly string _certificates = CertificatesOf(Registration.Settings.Tls);

        /// <summary>Whether both have equal settings: the loaded provider is then kept, with its connections.</summary>
        public bool IsSameAs(ConfiguredProvider other)
        {
            var (mine, theirs) = (Registration.Settings, other.Registration.Settings);
            // Connections that another policy admitted are no longer used.
            return ConnectTimeout == other.ConnectTimeout && Egress == other.Egress && _certificates == other._certificates
                && Registration.Descriptor == other.Registration.Descriptor
                && mine with { Headers = theirs.Headers, Keys = theirs.Keys, Models = theirs.Models, Metadata = theirs.Metadata } == theirs
                && Same(mine.Headers, theirs.Headers) && Same(mine.Metadata, theirs.Metadata) && mine.Models.SequenceEqual(theirs.Models)
                && mine.Keys.SequenceEqual(theirs.Keys);
        }

        public bool HasSameKeysAs(ConfiguredProvider other) =>
            Registration.Settings.ApiKey == other.Registration.Settings.ApiKey
            && Registration.Settings.Keys.Select(key => key.Value).SequenceEqual(other.Registration.Settings.Keys.Select(key => key.Value));

        /// <summary>A digest of the files named under <c>tls</c>; a file that cannot be read counts as empty.</summary>
        private static string CertificatesOf(ProviderTls? tls) => tls is null ? "" : string.Join(
            ' ', ((string?[])[tls.Ca, tls.Certificate, tls.Key]).Select(CertificateFile.Fingerprint));

        private static bool Same(IReadOnlyDictionary<string, string> left, IReadOnlyDictionary<string, string> right) =>
            left.Count == right.Count && left.All(pair => right.TryGetValue(pair.Key, out var value) && value == pair.Value);
    }
}
