using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Switchyard.Affinity;
using Switchyard.Caching;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Configuration.Binding;
using Switchyard.Configuration.Reload;
using Switchyard.Egress.Exchange;
using Switchyard.Experiments;
using Switchyard.Identity;
using Switchyard.Listing;
using Switchyard.Money;
using Switchyard.Pipeline;
using Switchyard.Plugins;
using Switchyard.Providers.Registry;
using Switchyard.Routing;
using Switchyard.Secrets;
using Switchyard.Targets;
using Switchyard.Telemetry;

namespace Switchyard.Engine;

/// <summary>
/// The engine shared by the gateway and the in-process clients: runs calls through the pipeline on the configuration in force, and
/// replaces that configuration as a whole. Thread-safe.
/// </summary>
public sealed partial class SwitchyardEngine : IListingSource, IAsyncDisposable, IDisposable
{
    private readonly IOptionsFactory<SwitchyardOptions> _configured;
    private readonly IOptionsChangeTokenSource<SwitchyardOptions>[] _changes;
    private readonly DefaultPipeline _pipeline;
    private readonly Caches _caches;
    private readonly Comparisons _comparisons;
    private readonly MoneyDesk _money;
    private readonly Completion _completion;
    private readonly ProviderSet _providers;
    private readonly SecretResolver _secrets;
    private readonly SecretWatcher _watcher;
    private readonly ClockWheel _clocks;
    private readonly ConcurrencyGate _places = new();
    private readonly RunningCalls _running = new();
    private readonly AffinityStore _affinities;
    private readonly AnswerOwners _owners;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _starting = new(1, 1);
    private readonly SemaphoreSlim _applying = new(1, 1);
    private volatile EngineSnapshot? _current;
    private IDisposable[] _following = [];
    private Task _olderEnded = Task.CompletedTask;
    private volatile bool _isDisposed;

    internal SwitchyardEngine(
        IOptionsFactory<SwitchyardOptions> configured,
        IEnumerable<IOptionsChangeTokenSource<SwitchyardOptions>> changes,
        DefaultPipeline pipeline,
        Caches caches,
        Comparisons comparisons,
        MoneyDesk money,
        Completion completion,
        ProviderSet providers,
        SecretResolver secrets,
        RefusedKeyObserver refusedKeys,
        ClockWheel clocks,
        KeyDirectory keys,
        EngineMetrics metrics,
        PluginDirectory plugins,
        ILogger<SwitchyardEngine> logger)
    {
        _configured = configured;
        _changes = [.. changes.Where(change => string.IsNullOrEmpty(change.Name))];
        _pipeline = pipeline;
        _caches = caches;
        _comparisons = comparisons;
        _money = money;
        _completion = completion;
        _providers = providers;
        _clocks = clocks;
        _time = clocks.Time;
        Created = _time.GetUtcNow();
        _secrets = secrets;
        _watcher = new SecretWatcher(secrets, RefreshSecretsAsync, _time, logger);
        refusedKeys.Refused = _watcher.Hint;
        _affinities = new AffinityStore(_time);
        _owners = new AnswerOwners(_time);
        _logger = logger;
        Keys = keys;
        keys.Written = () => _current?.Options ?? Options;
        Metrics = metrics;
        Plugins = plugins;
        Cache = new ResponseCache(caches, ApplyAsync);
        Models = new ModelDirectory(providers.Registry, providers.Lists, providers.Models, this);
    }

    /// <summary>A copy of the options in force; before the start, of those it will start with. Changing it has no effect.</summary>
    /// <exception cref="OptionsValidationException">The engine has not been started, and the options are invalid.</exception>
    public SwitchyardOptions Options => _current?.Options.Copy() ?? _configured.Create(Microsoft.Extensions.Options.Options.DefaultName);

    /// <summary>The providers; one may be registered, replaced or removed at any time.</summary>
    public ProviderRegistry Registry => _providers.Registry;

    /// <summary>The names of the providers in force, sorted.</summary>
    public IReadOnlyList<string> ProviderNames => Current.Providers.Names;

    /// <summary>The list of models that clients can ask for.</summary>
    public ModelDirectory Models { get; }

    /// <summary>The keys and tenants, and how those of the store are made and changed.</summary>
    public KeyDirectory Keys { get; }

    /// <summary>The cache of whole answers (<c>cache</c>), to look into, empty and change.</summary>
    public ResponseCache Cache { get; }

    /// <summary>What calls are counted under.</summary>
    public EngineMetrics Metrics { get; }

    /// <summary>The plugins: which are loaded, and how they are loaded, replaced and unloaded while calls run.</summary>
    public PluginDirectory Plugins { get; }

    /// <summary>The experiments and shadows, and what they show.</summary>
    public ExperimentDirectory Experiments => _comparisons.Directory;

    /// <summary>The configuration in force, on which new calls begin.</summary>
    /// <exception cref="InvalidOperationException">The engine has not been started.</exception>
    public CallSnapshot Snapshot => Current.Calls;

    /// <summary>Why no call can be served: no provider is enabled, or none could be loaded; null when calls can be.</summary>
    /// <exception cref="InvalidOperationException">The engine has not been started.</exception>
    public string? NotReady => Current.Providers.Names.Count > 0 ? null
        : Registry.LoadErrors.Count > 0 ? $"No provider could be loaded: {string.Join(", ", Registry.LoadErrors.Keys)}."
        : ProviderActivation.NoProvider;

    /// <summary>Whether nothing is configured, so that the built-in mock answers.</summary>
    public bool UsesMock => _providers.UsesMock;

    /// <summary>The model of a request that names none: the first alias, else the default model of the only provider.</summary>
    /// <exception cref="CallException">There is no alias, and no or several providers.</exception>
    public string DefaultModel => Current.Routes.DefaultModel ?? throw new CallException(
        CallErrorKind.InvalidRequest, "No model was named. Set ChatOptions.ModelId, or give the client a default model.", "model");

    /// <summary>Raised when another configuration has come into force, with no other applied meanwhile. A handler must not throw.</summary>
    internal event EventHandler? Applied;

    IListing IListingSource.Current => Current;

    private EngineSnapshot Current
    {
        get
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return _current ?? throw new InvalidOperationException("The engine has not been started: await StartAsync first.");
        }
    }

    /// <summary>Validates the options and loads the configured providers, once: concurrent calls wait, later ones do nothing.</summary>
    /// <exception cref="OptionsValidationException">The options are invalid; the message names each problem.</exception>
    /// <exception cref="ObjectDisposedException">The engine, or the container that made it, was disposed.</exception>
    public ValueTask StartAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return _current is not null ? ValueTask.CompletedTask : StartOnceAsync(cancellationToken);
    }

    /// <summary>
    /// Applies new options: validates them, loads new providers, then swaps the snapshot. Running calls keep the configuration they began
    /// on. The options are copied.
    /// </summary>
    /// <returns>The new generation, or the reason why the old one stays in force.</returns>
    public ValueTask<ReloadOutcome> ApplyAsync(SwitchyardOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var copy = options.Copy();
        return ApplyAsync(_ => copy, onlyChangedSecrets: false, cancellationToken);
    }

    /// <summary>Applies a change of the options in force; other options keep their values.</summary>
    /// <param name="change">Changes a copy of the options. Concurrent changes are applied one after the other.</param>
    /// <param name="cancellationToken">Stops loading new providers; the old configuration then stays in force.</param>
    /// <returns>The new generation, or the reason why the old one stays in force.</returns>
    public ValueTask<ReloadOutcome> ApplyAsync(Action<SwitchyardOptions> change, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(change);
        return ApplyAsync(
            current =>
            {
                change(current);
                return current;
            },
            onlyChangedSecrets: false,
            cancellationToken);
    }

    /// <summary>Holds the configuration in force until the hold is disposed: see <see cref="CallRequest.Snapshot"/>.</summary>
    /// <exception cref="InvalidOperationException">The engine has not been started.</exception>
    public SnapshotHold Hold() => new(Enter());

    /// <summary>
    /// Runs a call. Returns when its answer is open, or a failed answer; a call's failure is not thrown. Dispose the answer: that ends the
    /// call.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="aborted">Cancelled when the client disconnects.</param>
    /// <exception cref="InvalidOperationException">The engine has not been started.</exception>
    public ValueTask<CallResponse> RunAsync(in CallRequest request, CancellationToken aborted)
    {
        var held = request.Snapshot;
        return Completion.RunAsync(new ModelCall(request, held ?? Enter(), holdsSnapshot: held is null, _time, aborted));
    }

    /// <summary>
    /// Ends every running attempt, and those that begin later, with an error (<see cref="CallErrorKind.ShuttingDown"/>), so that clients
    /// are told rather than cut off. For a host that is about to stop.
    /// </summary>
    public void StopCalls() => _clocks.StopAll();

    /// <summary>
    /// Synchronous <see cref="DisposeAsync"/>, for containers that are disposed with <c>Dispose</c>. It blocks, and disposes on another
    /// thread: a host's provider that resumes on the caller's synchronization context (a UI thread) would otherwise deadlock.
    /// </summary>
    public void Dispose() => Task.Run(() => DisposeAsync().AsTask()).GetAwaiter().GetResult();

    /// <summary>Disposes the providers when their calls have ended.</summary>
    public async ValueTask DisposeAsync()
    {
        _isDisposed = true;
        foreach (var following in Interlocked.Exchange(ref _following, []))
            following.Dispose();
        await Keys.DisposeAsync().ConfigureAwait(false);
        _comparisons.Stop();
        await _watcher.DisposeAsync().ConfigureAwait(false);
        await Plugins.StopAsync().ConfigureAwait(false);
        await Registry.DisposeAsync().ConfigureAwait(false);
        await Plugins.DisposeAsync().ConfigureAwait(false);
        await _money.CloseAsync().ConfigureAwait(false);
        _starting.Dispose();
        _applying.Dispose();
    }

    private CallSnapshot Enter()
    {
        var snapshot = Current.Calls;
        // A snapshot is closed only after it was replaced, so each iteration sees a newer one.
        while (!snapshot.InFlight.TryEnter())
            snapshot = Current.Calls;
        return snapshot;
    }

    private async ValueTask<ReloadOutcome> ApplyAsync(
        Func<SwitchyardOptions, SwitchyardOptions> change, bool onlyChangedSecrets, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        await _applying.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var before = _current;
            var options = change(before?.Options.Copy() ?? new SwitchyardOptions());
            if (OptionsCheck.FindErrors(options) is { Count: > 0 } errors)
                return Refused(string.Join(" ", errors));
            var resolved = await _secrets.ResolveAsync(options, cancellationToken).ConfigureAwait(false);
            if (onlyChangedSecrets && before is not null && resolved.IsSameAs(before.Secrets))
                return new(false, before.Calls.Generation);
            if (resolved.Refusal is { } missing)
                return Refused(missing);
            if (!ReferenceEquals(resolved.Options, options) && OptionsCheck.FindErrors(resolved.Options) is { Count: > 0 } unfit)
                return Refused(string.Join(" ", unfit));
            await _money.OpenAsync(options.Storage, cancellationToken).ConfigureAwait(false);
            var after = await BuildAsync(options, resolved, (before?.Calls.Generation ?? 0) + 1, cancellationToken).ConfigureAwait(false);
            _current = after;
            _money.UnknownAfter = options.Budgets.UnknownAfter;
            _money.Book.Follow(after.Calls.Section(MoneyPlan.Section)?.Rules ?? []);
            Applied?.Invoke(this, EventArgs.Empty);
            _olderEnded = RemoveUnusedAsync(_olderEnded, before?.Calls, after.Calls.Generation);
            LogApplied(after.Calls.Generation, string.Join(", ", after.Providers.Names), options.Models.Count);
            _watcher.Follow();
            Plugins.Follow(options.Plugins);
            return new(true, after.Calls.Generation);

            ReloadOutcome Refused(string reason) => new(false, before?.Calls.Generation ?? 0, reason);
        }
        finally
        {
            _applying.Release();
        }
    }

    private async ValueTask<EngineSnapshot> BuildAsync(
        SwitchyardOptions written, SecretResolution resolved, long generation, CancellationToken cancellationToken)
    {
        var options = Keys.Book.AddTo(resolved.Options);
        // Those of providers are remembered as each is loaded: what of its settings is part of an address only its entry tells.
        _providers.Secrets.Remember(
            "configuration",
            SecretSettings.Of(options).Where(secret => !secret.Path.StartsWith("providers:", StringComparison.Ordinal))
                .SelectMany(secret => secret.Parts));
        var providers = await _providers.LoadAsync(options, generation, cancellationToken).ConfigureAwait(false);
        var routes = new RouteTable(options.Models, providers, options.DefaultProvider, options.Routing, options.Prices);
        var sections = Sections.From(options, _places, _providers.Models, _affinities, _owners, providers.Limits, Keys, _time)
            .WithReach(options, _providers);
        var plugins = Plugins.Current;
        sections = _caches.AddTo(_comparisons.AddTo(sections, options), options).With(PluginSet.Section, plugins);
        Metrics.Publish(options.Telemetry.Semconv);
        var calls = new CallSnapshot(generation, routes, Sections.Clocks(options.Timeouts), sections)
        {
            Strict = options.Strict,
            CountsMoney = sections.Find(MoneyPlan.Section) is not null,
            Running = _running,
            HopId = GatewayId.Of(options),
            LogsContent = options.Logs.Content,
            Secrets = _providers.Secrets,
            Pipeline = _pipeline.Build(sections),
            Observer = PluginSet.Around(Comparisons.Around(_completion, sections), sections),
        };
        Plugins.Hold(plugins, calls.InFlight);
        foreach (var provider in _providers.Rotated)
            Metrics.Rotated(calls.Section(TelemetrySettings.Section), provider, "credential_change");
        return new EngineSnapshot(written, resolved, calls, routes, providers);
    }

    /// <summary>Unregisters the providers that the new configuration removed, when every call on an older one has ended.</summary>
    private async Task RemoveUnusedAsync(Task olderEnded, CallSnapshot? superseded, long generation)
    {
        if (superseded is null)
            return;
        await Task.WhenAll(olderEnded, superseded.InFlight.CloseAsync()).ConfigureAwait(false);
        await _applying.WaitAsync().ConfigureAwait(false);
        try
        {
            await _providers.RemoveAsync(generation).ConfigureAwait(false);
        }
        finally
        {
            _applying.Release();
        }
    }

    private async ValueTask StartOnceAsync(CancellationToken cancellationToken)
    {
        await _starting.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_current is not null)
                return;
            // Throws an OptionsValidationException for invalid options.
            var options = _configured.Create(Microsoft.Extensions.Options.Options.DefaultName);
            await Keys.StartAsync(async stop => await ApplyAsync(static _ => { }, stop).ConfigureAwait(false), cancellationToken)
                .ConfigureAwait(false);
            await Plugins.OpenAsync(options.Plugins).ConfigureAwait(false);
            if (await ApplyAsync(options, cancellationToken).ConfigureAwait(false) is { Applied: false } refused)
                throw new OptionsValidationException("", typeof(SwitchyardOptions), [refused.Reason!]);
            Plugins.Apply = async stop => await ApplyAsync(static _ => { }, stop).ConfigureAwait(false) is { Applied: false } kept
                ? kept.Reason
                : null;
            _following = [.. _changes.Select(change => ChangeToken.OnChange(change.GetChangeToken, () => _ = FollowAsync()))];
        }
        finally
        {
            _starting.Release();
        }
    }

    /// <summary>Applies a change of the host's configuration. If it is invalid, the one in force stays and the reason is logged.</summary>
    private async Task FollowAsync()
    {
        try
        {
            var options = _configured.Create(Microsoft.Extensions.Options.Options.DefaultName);
            var outcome = ReloadGuard.Refuse(Options, options) is { } reason
                ? new ReloadOutcome(false, Snapshot.Generation, reason)
                : await ApplyAsync(options).ConfigureAwait(false);
            if (!outcome.Applied)
                LogKept(outcome.Generation, outcome.Reason ?? "");
        }
        catch (Exception e)
        {
            LogKept(_current?.Calls.Generation ?? 0, _providers.Secrets.Redact(e.Message));
        }
    }

    [LoggerMessage(1, LogLevel.Information, "Configuration {Generation} in force: providers {Providers}; {Aliases} aliases")]
    private partial void LogApplied(long generation, string providers, int aliases);

    [LoggerMessage(2, LogLevel.Error, "The changed configuration cannot work; configuration {Generation} stays in force: {Reason}")]
    private partial void LogKept(long generation, string reason);
}
