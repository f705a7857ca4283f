using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Switchyard.Common;
using Switchyard.Providers.Catalogue;
using Switchyard.Targets;

namespace Switchyard.Providers.Registry;

/// <summary>
/// The registered providers by name. Names are trimmed, compared without regard to case, and may be a declared alias. One instance serves a
/// host; several may exist. Thread-safe; looking up a ready provider takes no lock and allocates nothing.
/// </summary>
public sealed partial class ProviderRegistry : IAsyncDisposable, IDisposable
{
    private readonly ConcurrentDictionary<string, ProviderEntry> _entries = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<string, ProviderEntry>.AlternateLookup<ReadOnlySpan<char>> _entriesBySpan;
    private readonly ConcurrentDictionary<string, LoadFailure> _failures = new(StringComparer.OrdinalIgnoreCase);
    private readonly Lock _mutation = new();
    private readonly ProviderCatalog _catalog;
    private readonly Func<string, string?> _environment;
    private readonly TimeProvider _timeProvider;
    private readonly IServiceProvider _services;
    private readonly SecretRedactor _secrets;
    private readonly ILogger _logger;
    private readonly ILogger _healthLogger;
    private long _version;
    private long _sequence;
    private bool _isDisposed;

    /// <summary>An empty registry.</summary>
    /// <param name="catalog">Aliases and descriptors; null uses the built-in catalogue.</param>
    /// <param name="context">The clock and loggers; null uses the default.</param>
    /// <param name="services">The constructor arguments of registered classes; null uses their defaults.</param>
    public ProviderRegistry(ProviderCatalog? catalog = null, ProviderContext? context = null, IServiceProvider? services = null)
    {
        context ??= ProviderContext.Default;
        _catalog = catalog ?? ProviderCatalog.Default;
        _environment = context.Environment;
        _timeProvider = context.TimeProvider;
        _services = services ?? NoServices.Instance;
        _secrets = context.Secrets;
        _logger = context.LoggerFactory.CreateLogger<ProviderRegistry>();
        _healthLogger = context.LoggerFactory.CreateLogger<ProviderHealth>();
        _entriesBySpan = _entries.GetAlternateLookup<ReadOnlySpan<char>>();
        _chosenBySpan = _chosen.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>Raised after the set of ready providers has changed. A handler's exception is logged, not thrown.</summary>
    public event EventHandler? Changed;

    /// <summary>Increases with every change of the set of ready providers, so that a cache built from them can be invalidated.</summary>
    internal long Version => Interlocked.Read(ref _version);

    /// <summary>How long <see cref="DisposeAsync"/> waits for calls in flight before it disposes their providers anyway.</summary>
    /// <value>The default is 5 seconds: a host drains its calls before it disposes the registry.</value>
    public TimeSpan ShutdownGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The reasons why providers could not be loaded, by name, as <c>ErrorType: message</c>. A copy.</summary>
    public IReadOnlyDictionary<string, string> LoadErrors => new SortedDictionary<string, string>(
        _failures.ToDictionary(failed => failed.Key, failed => failed.Value.Error), StringComparer.Ordinal);

    /// <summary>Every registered provider, ready or not, by descending priority and then in the order of registration. A copy.</summary>
    internal IReadOnlyList<RegisteredProvider> All =>
    [
        .. _entries.Values.OrderByDescending(entry => entry.Descriptor.Priority).ThenBy(entry => entry.Sequence)
            .Select(entry => new RegisteredProvider(entry.Name, entry.Provider, entry.Descriptor)
            {
                Models = [.. entry.Settings?.Models ?? [], .. entry.Descriptor.Models],
                ConfiguredModels = entry.Settings?.Models ?? [],
                DefaultModel = DefaultModelOf(entry),
            }),
    ];

    /// <summary>The health of every registered provider. A provider that could not be loaded is unhealthy.</summary>
    internal IEnumerable<(string Provider, HealthState State)> ReadHealth() =>
    [
        .. _entries.Values.Select(entry => (
            entry.Name,
            entry.Provider is null && _failures.ContainsKey(entry.Name) ? HealthState.Unhealthy : entry.Health.State)),
        .. _failures.Keys.Where(name => !_entries.ContainsKey(name)).Select(static name => (name, HealthState.Unhealthy)),
    ];

    /// <summary>The vendors known as data.</summary>
    internal ProviderCatalog Catalog => _catalog;

    /// <summary>The registered names, sorted, each once.</summary>
    public IReadOnlyList<string> List() => [.. _entries.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Whether a provider or a class is registered under a name, whatever its spelling, or under an alias of it.</summary>
    public bool Contains(ReadOnlySpan<char> name) => FindEntry(name) is not null;

    /// <summary>The registered name for a spelling or an alias; null if none.</summary>
    internal string? GetRegisteredName(ReadOnlySpan<char> name) => FindEntry(name)?.Name;

    /// <summary>The provider of a name if it is ready. To use it, take a lease instead: <see cref="TryAcquire"/>.</summary>
    public bool TryGet(ReadOnlySpan<char> name, [NotNullWhen(true)] out IProvider? provider) =>
        (provider = FindEntry(name)?.Provider) is not null;

    /// <summary>Holds the provider of a name for one call, if it is ready. Takes no lock and allocates nothing.</summary>
    internal bool TryAcquire(ReadOnlySpan<char> name, out ProviderLease lease)
    {
        // A retired entry has left the dictionary before it refuses a lease, so the next iteration finds a newer one, or none.
        while (FindEntry(name) is { } entry && entry.Provider is { } provider)
        {
            if (entry.TryAcquire())
            {
                lease = new ProviderLease(entry, provider);
                return true;
            }
        }

        lease = default;
        return false;
    }

    /// <summary>
    /// The provider of a name, created now if its class has not been instantiated; null if the name is unknown or the class has no
    /// settings.
    /// </summary>
    /// <exception cref="Exception">The creation failed: the provider's own exception. The next call tries again.</exception>
    public async ValueTask<IProvider?> GetAsync(string name, CancellationToken cancellationToken = default)
    {
        if (FindEntry(name) is not { IsInstantiable: true } entry)
            return null;
        return entry.Provider ?? await entry.BuildAsync(OnBuilt, OnBuildFailed, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The provider of a name, cast to its type.</summary>
    /// <exception cref="ProviderException">It is of another type.</exception>
    public async ValueTask<TProvider?> GetAsync<TProvider>(string name, CancellationToken cancellationToken = default)
        where TProvider : class, IProvider =>
        await GetAsync(name, cancellationToken).ConfigureAwait(false) switch
        {
            null => null,
            TProvider provider => provider,
            var other => throw new ProviderException($"Provider '{name}' is a {other.GetType().Name}, not a {typeof(TProvider).Name}."),
        };

    /// <summary>The provider of a name, created now if necessary.</summary>
    /// <exception cref="ProviderException">
    /// There is none: the message distinguishes a name that is not registered (with near names), one that is known but not enabled, and one
    /// whose initialisation failed (with the reason).
    /// </exception>
    public async ValueTask<IProvider> GetRequiredAsync(string name, CancellationToken cancellationToken = default)
    {
        IProvider? provider;
        try
        {
            provider = await GetAsync(name, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (!(error is OperationCanceledException && cancellationToken.IsCancellationRequested))
        {
            throw new ProviderException(Explain(name).Message, error);
        }

        return provider ?? throw new ProviderException(Explain(name).Message);
    }

    /// <summary>Holds the provider of a name for one call, creating it now if necessary.</summary>
    /// <exception cref="ProviderException">As <see cref="GetRequiredAsync"/>.</exception>
    internal async ValueTask<ProviderLease> AcquireAsync(string name, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            if (TryAcquire(name, out var lease))
                return lease;
            await GetRequiredAsync(name, cancellationToken).ConfigureAwait(false);
        }
    }

    internal ProviderEntry? FindEntry(ReadOnlySpan<char> name)
    {
        name = name.Trim();
        if (_entriesBySpan.TryGetValue(name, out var entry))
            return entry;
        return (_catalog.Find(name) is { } known ? FindByOtherName(known) : null) ?? FindChosen(name);
    }

    private string? DefaultModelOf(ProviderEntry entry)
    {
        var (settings, descriptor) = (entry.Settings, entry.Descriptor);
        if (settings?.DefaultModel is { } configured)
            return configured;
        if (settings?.Models is [var first, ..])
            return first;
        return descriptor.DefaultModelOf(settings ?? new ProviderSettings { Type = descriptor.Name }, _environment)
            ?? (descriptor.Models is [var known, ..] ? known : null);
    }

    // A provider may be registered under its name and requested by an alias, or the reverse.
    private ProviderEntry? FindByOtherName(ProviderDescriptor known)
    {
        if (_entries.TryGetValue(known.Name, out var entry))
            return entry;
        foreach (var alias in known.Aliases)
        {
            if (_entries.TryGetValue(alias, out entry))
                return entry;
        }

        return null;
    }

    /// <summary>Called before the provider gets its settings, because it may then repeat them in messages.</summary>
    private void Protect(string name, ProviderSettings? settings, ProviderDescriptor descriptor)
    {
        if (settings is not null)
            _secrets.Remember($"provider {name}", ProviderSecrets.Of(name, settings, descriptor));
    }

    private void OnBuilt(ProviderEntry entry)
    {
        if (!IsRegistered(entry))
            return;
        _failures.TryRemove(entry.Name, out _);
        NotifyChanged();
    }

    private void OnBuildFailed(ProviderEntry entry, Exception error)
    {
        // Under the registration lock: another provider that takes the name meanwhile must not be reported as failed.
        lock (_mutation)
        {
            if (IsRegistered(entry))
            {
                var text = ProviderMessages.Describe(error, entry.Settings, _secrets);
                _failures[entry.Name] = new(entry.Name, text, entry.Settings, entry.Descriptor) { Code = CodeOf(error) };
            }
        }
    }

    /// <summary>Whether this entry still has its name: a creation may end long after its class was unregistered.</summary>
    private bool IsRegistered(ProviderEntry entry) => _entries.TryGetValue(entry.Name, out var now) && ReferenceEquals(now, entry);

    private void NotifyChanged()
    {
        Interlocked.Increment(ref _version);
        foreach (var handler in Delegate.EnumerateInvocationList(Changed))
        {
            try
            {
                handler(this, EventArgs.Empty);
            }
            catch (Exception error)
            {
                LogHandlerFailed(_logger, error);
            }
        }
    }

    private sealed class NoServices : IServiceProvider
    {
        public static readonly NoServices Instance = new();

        public object? GetService(Type serviceType) => null;
    }

    [LoggerMessage(20, LogLevel.Error, "A handler of the provider registry's Changed event failed.")]
    private static partial void LogHandlerFailed(ILogger logger, Exception error);
}
