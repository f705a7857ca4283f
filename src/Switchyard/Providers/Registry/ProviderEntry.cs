using Microsoft.Extensions.Logging;
using Switchyard.Targets;

namespace Switchyard.Providers.Registry;

/// <summary>
/// One registered name: its provider or factory, its lease count, and whether it is still registered. Thread-safe.
/// </summary>
internal sealed partial class ProviderEntry
{
    // Retiring adds this to the lease count and makes it negative: one atomic increment takes a lease and shows whether it is granted.
    private const long RetiredBit = long.MinValue;

    private readonly Lock _gate = new();
    private readonly Func<IProvider>? _factory;
    private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ILogger _logger;
    private volatile IProvider? _provider;
    private TaskCompletionSource<IProvider>? _build;
    private long _leases;
    private bool _isDisposing;

    /// <summary>An entry with an initialised provider.</summary>
    public ProviderEntry(string name, IProvider provider, ProviderSettings settings, ProviderDescriptor descriptor, ILogger logger)
        : this(name, settings, descriptor, logger) => _provider = provider;

    /// <summary>An entry whose provider is created on first use; without settings it is never created.</summary>
    public ProviderEntry(string name, Func<IProvider> factory, ProviderSettings? settings, ProviderDescriptor descriptor, ILogger logger)
        : this(name, settings, descriptor, logger) => _factory = factory;

    private ProviderEntry(string name, ProviderSettings? settings, ProviderDescriptor descriptor, ILogger logger)
    {
        Name = name;
        Settings = settings;
        Descriptor = descriptor;
        _logger = logger;
    }

    public string Name { get; }

    public ProviderSettings? Settings { get; }

    public ProviderDescriptor Descriptor { get; }

    /// <summary>Its position among entries of equal priority.</summary>
    public required long Sequence { get; init; }

    /// <summary>Its health, from calls and checks.</summary>
    public required ProviderHealth Health { get; init; }

    /// <summary>The provider, once ready.</summary>
    public IProvider? Provider => _provider;

    public bool IsClass => _factory is not null;

    /// <summary>Whether it is ready or can become so.</summary>
    public bool IsInstantiable => _provider is not null || (_factory is not null && Settings is not null);

    public bool TryAcquire()
    {
        if (Interlocked.Increment(ref _leases) > 0)
            return true;
        Release();
        return false;
    }

    public void Release()
    {
        if (Interlocked.Decrement(ref _leases) == RetiredBit)
            _ = DisposeProviderAsync();
    }

    /// <summary>
    /// Retires the entry: no further lease is granted, and the provider is disposed when the last one ends.
    /// </summary>
    /// <returns>Completes with the disposal if no lease is held, else at once.</returns>
    public ValueTask RetireAsync()
    {
        long before;
        do
        {
            before = Interlocked.Read(ref _leases);
            if (before < 0)
                return default;
        }
        while (Interlocked.CompareExchange(ref _leases, before + RetiredBit, before) != before);
        return before == 0 ? new ValueTask(DisposeProviderAsync()) : default;
    }

    /// <summary>Completes once the provider is disposed.</summary>
    public Task WhenDisposed => _disposed.Task;

    /// <summary>Disposes the provider even while it is leased, once; later calls wait for that. A failure is logged, not thrown.</summary>
    public async Task DisposeProviderAsync()
    {
        IProvider? provider;
        bool isMine;
        lock (_gate)
        {
            isMine = !_isDisposing;
            _isDisposing = true;
            provider = _provider;
        }

        if (!isMine)
        {
            await _disposed.Task.ConfigureAwait(false);
            return;
        }

        try
        {
            if (provider is not null)
                await provider.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception error)
        {
            LogDisposalFailed(_logger, Name, error);
        }
        finally
        {
            _disposed.TrySetResult();
        }
    }

    /// <summary>
    /// The provider, created and initialised once for all concurrent callers. A failure is thrown to every waiting caller; a later call
    /// tries again. Cancellation ends the caller's wait, not the build, which others may wait for.
    /// </summary>
    /// <param name="onReady">Runs once, when the provider has become ready.</param>
    /// <param name="onFailed">Runs once for each failed attempt.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<IProvider> BuildAsync(
        Action<ProviderEntry> onReady, Action<ProviderEntry, Exception> onFailed, CancellationToken cancellationToken)
    {
        TaskCompletionSource<IProvider> build;
        var isMine = false;
        lock (_gate)
        {
            if (_provider is { } ready)
                return ready;
            if (_build is null)
            {
                _build = new TaskCompletionSource<IProvider>(TaskCreationOptions.RunContinuationsAsynchronously);
                isMine = true;
            }

            build = _build;
        }

        // The user's factory runs outside the lock: it may take long, or request another provider from the registry.
        if (isMine)
            _ = RunBuildAsync(build, onReady, onFailed);
        return await build.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task RunBuildAsync(
        TaskCompletionSource<IProvider> build, Action<ProviderEntry> onReady, Action<ProviderEntry, Exception> onFailed)
    {
        IProvider? provider = null;
        // A lease is held while building, so that a provider retired meanwhile is disposed as soon as it is built.
        var held = TryAcquire();
        try
        {
            if (!held)
                throw new ProviderException($"Provider '{Name}' is no longer registered.");
            provider = _factory!();
            await provider.InitializeAsync(Settings!, CancellationToken.None).ConfigureAwait(false);
            lock (_gate)
            {
                if (_isDisposing)
                    throw new ProviderException($"Provider '{Name}' is no longer registered.");
                _provider = provider;
                _build = null;
            }

            onReady(this);
            build.SetResult(provider);
        }
        catch (Exception error)
        {
            lock (_gate)
                _build = null;
            if (provider is not null && _provider is null)
                await DisposeFailedAsync(provider).ConfigureAwait(false);
            onFailed(this, error);
            build.SetException(error);
            // Marks the exception as observed: all waiting callers may have been cancelled, and onFailed has recorded it.
            _ = build.Task.Exception;
        }
        finally
        {
            if (held)
                Release();
        }
    }

    private async Task DisposeFailedAsync(IProvider provider)
    {
        try
        {
            await provider.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception error)
        {
            LogDisposalFailed(_logger, Name, error);
        }
    }

    [LoggerMessage(10, LogLevel.Warning, "Provider '{Name}' failed while being disposed.")]
    private static partial void LogDisposalFailed(ILogger logger, string name, Exception error);
}
