using Microsoft.Extensions.Logging;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Configuration.Reload;
using Switchyard.Egress;
using Switchyard.Listing;
using Switchyard.Pipeline;
using Switchyard.Providers;
using Switchyard.Providers.Registry;
using Switchyard.Routing;

namespace Switchyard.Engine;

/// <summary>
/// The engine both faces share: runs calls through the pipeline on the configuration of the moment, and swaps that configuration
/// whole. Thread-safe.
/// </summary>
public sealed partial class SwitchyardEngine : IAsyncDisposable, IDisposable
{
    /// <summary>The request header that carries <see cref="HopId"/> to providers.</summary>
    public const string HopHeader = UpstreamClient.HopHeader;

    private readonly CallPipeline _pipeline;
    private readonly ProviderSet _providers;
    private readonly TimeProvider _time;
    private readonly ILogger<SwitchyardEngine> _logger;
    private readonly SemaphoreSlim _starting = new(1, 1);
    private readonly SemaphoreSlim _applying = new(1, 1);
    private volatile SwitchyardOptions _options;
    private volatile Configured? _configured;
    private long _generation;
    private Task _olderEnded = Task.CompletedTask;

    internal SwitchyardEngine(
        SwitchyardOptions options, CallPipeline pipeline, ProviderSet providers, TimeProvider time, ILogger<SwitchyardEngine> logger)
    {
        _options = options;
        _pipeline = pipeline;
        _providers = providers;
        _time = time;
        _logger = logger;
        Models = new ModelDirectory(
            providers.Registry, providers.Models, () => Current.Providers.Names, () => Current.Routes.Aliases, () => Current.Routes, time, logger);
    }

    /// <summary>Identifies this process to itself: a request that carries it has come back to its sender.</summary>
    public static string HopId => UpstreamClient.HopId;

    /// <summary>The options of the moment.</summary>
    public SwitchyardOptions Options => _options;

    /// <summary>The providers; one may be registered, replaced or removed at any time.</summary>
    public ProviderRegistry Registry => _providers.Registry;

    /// <summary>The names of the providers in force, sorted.</summary>
    public IReadOnlyList<string> ProviderNames => Current.Providers.Names;

    /// <summary>What may be asked for.</summary>
    public ModelDirectory Models { get; }

    /// <summary>The configuration new calls begin on.</summary>
    /// <exception cref="InvalidOperationException">The engine has not been started.</exception>
    public CallSnapshot Snapshot => Current.Snapshot;

    /// <summary>The model asked for when nobody names one: the first alias, else the first model of the only provider.</summary>
    /// <exception cref="CallException">There is none to choose.</exception>
    public string DefaultModel => Current.Routes.DefaultModel
        ?? throw new CallException(CallErrorKind.InvalidRequest, "No model was named. Set ChatOptions.ModelId, or give the client a default model.", "model");

    private Configured Current => _configured ?? throw new InvalidOperationException("The engine has not been started: await StartAsync first.");

    /// <summary>Makes the configured providers ready. Done once, however many ask; later calls return at once.</summary>
    /// <exception cref="InvalidOperationException">The options cannot work; the message names each problem.</exception>
    public ValueTask StartAsync(CancellationToken cancellationToken = default) =>
        _configured is not null ? ValueTask.CompletedTask : StartOnceAsync(cancellationToken);

    /// <summary>
    /// Puts new options into force: validates, makes new providers ready, then swaps everything at once. Calls under way end on what
    /// they began on.
    /// </summary>
    /// <returns>The new generation, or why the old one stays in force.</returns>
    public async ValueTask<ReloadOutcome> ApplyAsync(SwitchyardOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        await _applying.WaitAsync(cancellationToken);
        try
        {
            var generation = _generation + 1;
            var providers = await _providers.LoadAsync(options, generation, cancellationToken);
            var routes = new RouteTable(options.Models, providers, options.DefaultProvider);
            var clocks = options.Timeouts;
            var snapshot = new CallSnapshot(
                _generation = generation, routes,
                new CallClocks(clocks.Connect, clocks.FirstToken, clocks.Idle, clocks.Total), options.Strict)
            {
                Media = new MediaPolicy(options.Media.Fetch, options.Media.MaxBytes, options.Media.Timeout, options.Media.Allow),
            };
            _options = options;
            var before = _configured;
            _configured = new(snapshot, routes, providers);
            _olderEnded = RemoveUnusedAsync(_olderEnded, before?.Snapshot, generation);
            LogApplied(generation, string.Join(", ", providers.Names), options.Models.Count);
            return new(true, generation);
        }
        finally
        {
            _applying.Release();
        }
    }

    /// <summary>Begins a call on the configuration of the moment. What is begun must be run: a configuration waits for its calls to end.</summary>
    public ModelCall CreateCall(CallEnvelope envelope, CallBody body, CancellationToken aborted)
    {
        var snapshot = Current.Snapshot;
        // A closed snapshot has just been superseded, so each turn sees a newer one.
        while (!snapshot.InFlight.TryEnter())
            snapshot = Current.Snapshot;
        return new(envelope, body, snapshot, _time, aborted);
    }

    /// <summary>Runs a call. Returns when its answer is open, or failed; never throws for a call's failure. Disposing the answer ends the call.</summary>
    public ValueTask<CallResponse> RunAsync(ModelCall call) => _pipeline.RunAsync(call);

    /// <summary>As <see cref="DisposeAsync"/>, for containers that are disposed the old way. Waits.</summary>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    /// <summary>Ends the providers once their calls have ended.</summary>
    public async ValueTask DisposeAsync()
    {
        await Registry.DisposeAsync();
        _starting.Dispose();
        _applying.Dispose();
    }

    /// <summary>Removes what the new configuration took out, once every call that began on an older one has ended.</summary>
    private async Task RemoveUnusedAsync(Task olderEnded, CallSnapshot? superseded, long generation)
    {
        if (superseded is null)
            return;
        await Task.WhenAll(olderEnded, superseded.InFlight.CloseAsync());
        await _applying.WaitAsync();
        try
        {
            await _providers.RemoveAsync(generation);
        }
        finally
        {
            _applying.Release();
        }
    }

    private async ValueTask StartOnceAsync(CancellationToken cancellationToken)
    {
        await _starting.WaitAsync(cancellationToken);
        try
        {
            if (_configured is null && await ApplyAsync(Options, cancellationToken) is { Applied: false } refused)
                throw new InvalidOperationException($"Switchyard cannot start: {refused.Reason}");
        }
        finally
        {
            _starting.Release();
        }
    }

    [LoggerMessage(1, LogLevel.Information, "Configuration {Generation} in force: providers {Providers}; {Aliases} aliases")]
    private partial void LogApplied(long generation, string providers, int aliases);

    private sealed record Configured(CallSnapshot Snapshot, RouteTable Routes, ProviderView Providers);
}
