using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Switchyard.Affinity;
using Switchyard.Caching;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Configuration.Binding;
using Switchyard.Configuration.Reload;
using Switchyard.Configuration.Runtime;
using Switchyard.Egress.Exchange;
using Switchyard.Experiments;
using Switchyard.Identity;
using Switchyard.Listing;
using Switchyard.Money;
using Switchyard.Pipeline;
using Switchyard.Plugins;
using Switchyard.Providers.Registry;
using Switchyard.Recording;
using Switchyard.Routing;
using Switchyard.Secrets;
using Switchyard.Stored;
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
    private readonly RunningCalls _running = new();
    private readonly LastingState _lasting;
    private readonly Recorder _recorder;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _starting = new(1, 1);
    private readonly SemaphoreSlim _applying = new(1, 1);
    private volatile EngineSnapshot? _current;
    private IDisposable[] _following = [];
    private Task _olderEnded = Task.CompletedTask;
    private volatile bool _isDisposed;

    internal SwitchyardEngine(
        CallParts calls,
        EngineFeatures features,
        ProviderSet providers,
        ConfigurationSources sources,
        ILogger<SwitchyardEngine> logger)
    {
        _logger = logger;
        _time = calls.Clocks.Time;
        Created = _time.GetUtcNow();

        (_pipeline, _completion, _clocks, _stored) = (calls.Pipeline, calls.Completion, calls.Clocks, calls.Stored);
        (_caches, _comparisons, _money, _recorder) = (features.Caches, features.Comparisons, features.Money, features.Recorder);
        _collector = new BackgroundCollector(_money.Background, CollectAsync, _time, logger);
        (Keys, Plugins, Metrics) = (features.Keys, features.Plugins, features.Metrics);
        Keys.ReadWrittenFrom(() => _current?.Options ?? Options);
        Recordings = new Recordings(_recorder);
        Cache = new ResponseCache(_caches, ApplyAsync);

        _providers = providers;
        Models = new ModelDirectory(providers.Registry, providers.Lists, providers.Models, this);
        _lasting = new(
            new ConcurrencyGate(), new AffinityStore(_time), new AnswerOwners(_time), Keys, providers.Models, _time);

        _configured = sources.Options;
        _changes = [.. sources.Changes.Where(change => string.IsNullOrEmpty(change.Name))];
        _secrets = sources.Secrets;
        _watcher = new SecretWatcher(_secrets, RefreshSecretsAsync, _time, logger);
        sources.RefusedKeys.Refused += _watcher.Hint;
        Configuration = sources.Runtime;
        Configuration.PutChangesIn(this);
    }

    /// <summary>A copy of the options in force; before the start, of those it will start with. Changing it has no effect.</summary>
    /// <exception cref="OptionsValidationException">The engine has not been started, and the options are invalid.</exception>
    public SwitchyardOptions Options => _current is null ? InForce : InForce.Copy();

    /// <summary>
    /// The options in force themselves, for code that only reads them and keeps them inside: a copy of a large configuration is expensive.
    /// </summary>
    internal SwitchyardOptions InForce =>
        _current?.Options ?? _configured.Create(Microsoft.Extensions.Options.Options.DefaultName);

    /// <summary>The configuration while the engine runs: changes of single settings, their history, and undo.</summary>
    public RuntimeConfiguration Configuration { get; }

    /// <summary>The providers; one may be registered, replaced or removed at any time.</summary>
    public ProviderRegistry Registry => _providers.Registry;

    /// <summary>The names of the providers in force, sorted.</summary>
    public IReadOnlyList<string> ProviderNames => Current.Providers.Names;

    /// <summary>The list of models that clients can request.</summary>
    public ModelDirectory Models { get; }

    /// <summary>The keys and tenants, and methods to create and change those of the store.</summary>
    public KeyDirectory Keys { get; }

    /// <summary>The cache of whole answers (<c>cache</c>), to inspect, clear and change.</summary>
    public ResponseCache Cache { get; }

    /// <summary>The metrics that count calls.</summary>
    public EngineMetrics Metrics { get; }

    /// <summary>The loaded plugins, and methods to load, replace and unload them while calls run.</summary>
    public PluginDirectory Plugins { get; }

    /// <summary>The results of the recordings (<c>recording</c>).</summary>
    public Recordings Recordings { get; }

    /// <summary>The experiments and shadows, and their results.</summary>
    public ExperimentDirectory Experiments => _comparisons.Directory;

    /// <summary>The configuration in force, on which new calls begin.</summary>
    /// <exception cref="InvalidOperationException">The engine has not been started.</exception>
    public CallSnapshot Snapshot => Current.Calls;

    /// <summary>
    /// Why no call can be served: no provider is enabled, none could be loaded, or <c>storage.durability</c> is <c>strict</c> and the
    /// ledger cannot be written; null if calls can be served.
    /// </summary>
    /// <exception cref="InvalidOperationException">The engine has not been started.</exception>
    public string? NotReady => Current.Providers.Names.Count > 0
        ? _money.IsBlocked ? "storage.durability is strict, and the ledger cannot be written." : null
        : Registry.LoadErrors.Count > 0 ? $"No provider could be loaded: {string.Join(", ", Registry.LoadErrors.Keys)}."
        : ProviderActivation.NoProvider;

    /// <summary>Whether nothing is configured, so that the built-in mock answers.</summary>
    public bool UsesMock => _providers.UsesMock;

    /// <summary>The model of a request without a model: the first alias, else the default model of the only provider.</summary>
    /// <exception cref="CallException">There is no alias, and no provider or several.</exception>
    public string DefaultModel => Current.Routes.DefaultModel ?? throw new CallException(
        CallErrorKind.InvalidRequest, "No model was named, and there is no alias and not just one provider to take a model of.", "model");

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
    /// get an error instead of a cut connection. For a host that is about to stop.
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
        await _collector.DisposeAsync().ConfigureAwait(false);
        await Configuration.DisposeAsync().ConfigureAwait(false);
        await Keys.DisposeAsync().ConfigureAwait(false);
        _comparisons.Stop();
        await _watcher.DisposeAsync().ConfigureAwait(false);
        await Plugins.StopAsync().ConfigureAwait(false);
        await Registry.DisposeAsync().ConfigureAwait(false);
        await _providers.DisposeUnregisteredAsync().ConfigureAwait(false);
        await Plugins.DisposeAsync().ConfigureAwait(false);
        await _recorder.CloseAsync().ConfigureAwait(false);
        await _money.CloseAsync().ConfigureAwait(false);
        _starting.Dispose();
        _applying.Dispose();
    }

    private CallSnapshot Enter()
    {
        while (true)
        {
            var current = Current;
            var snapshot = current.Canary is { } canary && canary.Gate.TakesNext() ? canary.Calls : current.Calls;
            // A snapshot is closed only after it was replaced, so each iteration sees a newer one.
            if (snapshot.InFlight.TryEnter())
                return snapshot;
        }
    }
}
