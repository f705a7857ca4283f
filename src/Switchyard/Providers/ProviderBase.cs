using Microsoft.Extensions.Logging;
using Switchyard.Common;

namespace Switchyard.Providers;

/// <summary>
/// The lifecycle every provider shares: settings validated and stored, derived initialisation, ready, disposed. Derive from it, and
/// override what differs; the smallest provider overrides <see cref="ListModelsCoreAsync"/> and <see cref="ServesModel"/>.
/// </summary>
/// <remarks>Thread-safe once initialised, provided the derived class is.</remarks>
public abstract partial class ProviderBase : IProvider
{
    private const string LogCategory = "Switchyard.Providers.";
    private const int Created = 0, Initializing = 1, Ready = 2, Disposed = 3;

    private int _state;
    private ProviderSettings? _settings;

    /// <summary>A provider that is not yet initialised.</summary>
    /// <param name="name">The name clients and routes use; trimmed and lower-cased.</param>
    /// <param name="context">The clock, loggers and environment; null uses <see cref="ProviderContext.Default"/>.</param>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    protected ProviderBase(string name, ProviderContext? context = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        Name = ProviderNames.Normalize(name);
        Context = context ?? ProviderContext.Default;
        Logger = Context.LoggerFactory.CreateLogger(LogCategory + Name);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public bool IsInitialized => Volatile.Read(ref _state) == Ready;

    /// <summary>The clock, loggers and environment.</summary>
    protected ProviderContext Context { get; }

    /// <summary>The logger; its category is <c>Switchyard.Providers.</c> and the provider's name.</summary>
    protected ILogger Logger { get; }

    /// <summary>Whether settings without a key are refused.</summary>
    /// <value>The default is true.</value>
    protected virtual bool RequiresApiKey => true;

    /// <summary>The settings it was initialised with.</summary>
    /// <exception cref="ProviderException">It is not initialised.</exception>
    protected ProviderSettings Settings
    {
        get
        {
            ThrowIfNotInitialized();
            return _settings!;
        }
    }

    /// <inheritdoc/>
    public async ValueTask InitializeAsync(ProviderSettings settings, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _state) == Disposed, this);
        if (Interlocked.CompareExchange(ref _state, Initializing, Created) != Created)
            throw new ProviderException($"Provider '{Name}' is already initialized.");
        try
        {
            ValidateSettings(settings);
            _settings = settings;
            await InitializeCoreAsync(settings, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            // Back to the initial state, so that the same instance can be initialised again with other settings.
            _settings = null;
            Interlocked.CompareExchange(ref _state, Created, Initializing);
            LogInitializationFailed(Logger, ProviderMessages.Redact(error.Message, settings, Context.Secrets));
            throw;
        }

        if (Interlocked.CompareExchange(ref _state, Ready, Initializing) != Initializing)
            throw new ObjectDisposedException(GetType().FullName, $"Provider '{Name}' was disposed while it was being initialized.");
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<ProviderModel>> ListModelsAsync(CancellationToken cancellationToken)
    {
        ThrowIfNotInitialized();
        return ListModelsCoreAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public virtual async ValueTask CheckReachableAsync(CancellationToken cancellationToken) =>
        await ListModelsAsync(cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public virtual async ValueTask<ProviderModel> GetModelAsync(string modelId, CancellationToken cancellationToken)
    {
        foreach (var model in await ListModelsAsync(cancellationToken).ConfigureAwait(false))
        {
            if (string.Equals(model.Id, modelId, StringComparison.Ordinal))
                return model;
        }

        throw new ProviderException($"Model {modelId} not found");
    }

    /// <inheritdoc/>
    /// <remarks>The only exception it throws is the caller's own cancellation.</remarks>
    public async ValueTask<bool> ValidateModelAsync(string modelId, CancellationToken cancellationToken)
    {
        try
        {
            await GetModelAsync(modelId, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (Exception error) when (!(error is OperationCanceledException && cancellationToken.IsCancellationRequested))
        {
            LogModelNotValid(Logger, LogText.Escape(modelId), ProviderMessages.Redact(error.Message, _settings, Context.Secrets));
            return false;
        }
    }

    /// <inheritdoc/>
    public abstract bool ServesModel(string modelId);

    /// <summary>Releases its resources. Safe to call more than once, and before initialisation.</summary>
    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (Interlocked.Exchange(ref _state, Disposed) != Disposed)
            await ReleaseAsync().ConfigureAwait(false);
    }

    /// <summary>Checks the settings. An override that adds to the checks calls this one first.</summary>
    /// <exception cref="ProviderException">
    /// <c>API key is required</c>, <c>Provider type is required</c>, <c>Timeout must be at least 1000ms</c>.
    /// </exception>
    protected virtual void ValidateSettings(ProviderSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        if (ProviderSettingsValidator.Validate(settings, RequiresApiKey).FirstOrDefault() is { } problem)
            throw new ProviderException(problem);
    }

    /// <summary>Initialises the provider; the settings are valid. Its exceptions reach the caller unchanged.</summary>
    protected virtual ValueTask InitializeCoreAsync(ProviderSettings settings, CancellationToken cancellationToken) => default;

    /// <summary>The models it is known to serve. Called only once initialised.</summary>
    protected abstract ValueTask<IReadOnlyList<ProviderModel>> ListModelsCoreAsync(CancellationToken cancellationToken);

    /// <summary>Releases its resources. Called at most once.</summary>
    protected virtual ValueTask ReleaseAsync() => default;

    /// <summary>The guard of every operation: throws unless the provider is ready.</summary>
    /// <exception cref="ProviderException">It is not initialised, or already disposed.</exception>
    protected void ThrowIfNotInitialized()
    {
        if (IsInitialized)
            return;
        var state = Volatile.Read(ref _state) == Disposed ? "disposed" : "not initialized";
        throw new ProviderException($"Provider '{Name}' is {state}.");
    }

    [LoggerMessage(1, LogLevel.Error, "Provider initialization failed: {Message}")]
    private static partial void LogInitializationFailed(ILogger logger, string message);

    [LoggerMessage(2, LogLevel.Warning, "Model {ModelId} is not valid: {Message}")]
    private static partial void LogModelNotValid(ILogger logger, string modelId, string message);
}
