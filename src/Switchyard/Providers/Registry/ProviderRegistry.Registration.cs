using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Switchyard.Providers.Http;
using Switchyard.Targets;

namespace Switchyard.Providers.Registry;

public sealed partial class ProviderRegistry
{
    /// <summary>The warning for scanning an assembly in a trimmed program.</summary>
    internal const string ScanNeedsWholeAssembly =
        "A trimmed program has lost the classes that no code names. Add each by its type instead.";

    /// <summary>
    /// Initialises a provider, then registers it. The registry then owns it; if this throws, the caller still owns it, and the registry is
    /// unchanged.
    /// </summary>
    /// <param name="name">
    /// The name clients and routes use. Several versions of a provider can be registered as <c>name@version</c>; the name without version
    /// then means the newest.
    /// </param>
    /// <param name="provider">The provider, not yet initialised.</param>
    /// <param name="settings">Its settings.</param>
    /// <param name="replace">
    /// Whether it replaces the one registered under the name, which is disposed when its calls have ended.
    /// </param>
    /// <param name="descriptor">Its descriptor; null uses the provider's own, else the catalogue's for its type.</param>
    /// <param name="cancellationToken">Cancels the initialisation.</param>
    /// <exception cref="ProviderException"><c>Provider {name} is already registered</c>, and the remedy.</exception>
    /// <exception cref="Exception">Initialisation failed: the provider's own exception.</exception>
    public async ValueTask RegisterAsync(
        string name,
        IProvider provider,
        ProviderSettings settings,
        bool replace = false,
        ProviderDescriptor? descriptor = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(provider);
        ArgumentNullException.ThrowIfNull(settings);
        name = RequireName(name);
        if (!replace && _entries.ContainsKey(name))
            throw new ProviderException(ProviderMessages.AlreadyRegistered(name));
        var entry = await PrepareAsync(name, provider, settings, descriptor, cancellationToken).ConfigureAwait(false);
        await PublishAsync(entry, replace).ConfigureAwait(false);
    }

    /// <summary>Registers a provider under its settings' type.</summary>
    /// <inheritdoc cref="RegisterAsync(string, IProvider, ProviderSettings, bool, ProviderDescriptor?, CancellationToken)"/>
    public ValueTask RegisterAsync(
        IProvider provider, ProviderSettings settings, bool replace = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return RegisterAsync(settings.Type, provider, settings, replace, null, cancellationToken);
    }

    /// <summary>
    /// Registers a factory: the provider is created and initialised on first use, once for all concurrent callers. A failure is thrown to
    /// the waiting callers, and the next call tries again. Without settings it is never created, and a lookup returns null.
    /// </summary>
    /// <exception cref="ProviderException"><c>Provider class {name} is already registered</c>, or an instance is.</exception>
    public void RegisterClass(
        string name, Func<IProvider> factory, ProviderSettings? settings = null, ProviderDescriptor? descriptor = null)
    {
        ArgumentNullException.ThrowIfNull(factory);
        name = RequireName(name);
        descriptor ??= DescriptorOf(name, null, settings);
        Protect(name, settings, descriptor);
        var entry = new ProviderEntry(name, factory, settings, descriptor, _logger)
        {
            Sequence = NextSequence(),
            Health = NewHealth(name),
        };
        lock (_mutation)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (!_entries.TryAdd(name, entry))
            {
                throw new ProviderException(_entries[name].IsClass
                    ? ProviderMessages.ClassAlreadyRegistered(name)
                    : ProviderMessages.AlreadyRegistered(name, canReplace: false));
            }

            ChooseVersions(name);
        }

        NotifyChanged();
    }

    /// <summary>Registers a class. Its constructor arguments come from the registry's services, or are the defaults.</summary>
    /// <exception cref="ArgumentException">The type is not a concrete class that implements <see cref="IProvider"/>.</exception>
    /// <inheritdoc cref="RegisterClass(string, Func{IProvider}, ProviderSettings?, ProviderDescriptor?)"/>
    public void RegisterClass(
        string name,
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] Type type,
        ProviderSettings? settings = null)
    {
        ArgumentNullException.ThrowIfNull(type);
        if (!IsProviderClass(type))
            throw new ArgumentException($"{type.Name} is not a concrete class that implements {nameof(IProvider)}.", nameof(type));
        RegisterClass(name, () => (IProvider)ActivatorUtilities.CreateInstance(_services, type), settings);
    }

    /// <summary>
    /// Finds the classes of an assembly marked with <see cref="ProviderAttribute"/> and registers each under its name. A name that is
    /// already registered is skipped with a warning.
    /// </summary>
    /// <param name="assembly">The assembly to scan.</param>
    /// <param name="settingsFor">Returns the settings for a name; null registers the class without settings, so that it is never
    /// created.</param>
    /// <returns>The names registered, sorted.</returns>
    [RequiresUnreferencedCode(ScanNeedsWholeAssembly)]
    public IReadOnlyList<string> ScanAssembly(Assembly assembly, Func<string, ProviderSettings?> settingsFor)
    {
        ArgumentNullException.ThrowIfNull(assembly);
        ArgumentNullException.ThrowIfNull(settingsFor);
        var registered = new List<string>();
        foreach (var type in LoadableTypes(assembly).Where(IsProviderClass))
        {
            if (ProviderAttribute.NameOf(type) is not { } name)
                continue;
            if (_entries.ContainsKey(name))
            {
                LogScanSkipped(_logger, type.FullName ?? type.Name, name);
                continue;
            }

            RegisterClass(name, type, settingsFor(name));
            registered.Add(name);
        }

        registered.Sort(StringComparer.Ordinal);
        return registered;
    }

    /// <summary>
    /// Removes a provider, or a class, created or not. It is disposed now if no call holds it, otherwise when the last call ends, without
    /// waiting for that.
    /// </summary>
    /// <returns>Whether a provider was removed.</returns>
    public async ValueTask<bool> UnregisterAsync(string name)
    {
        ProviderEntry? entry;
        lock (_mutation)
        {
            // A provider that could not be loaded has no entry: its recorded failure is removed too.
            _failures.TryRemove(ProviderNames.Normalize(name), out _);
            entry = FindEntry(name);
            if (entry is null || !_entries.TryRemove(entry.Name, out entry))
                return false;
            _failures.TryRemove(entry.Name, out _);
            ChooseVersions(entry.Name);
        }

        NotifyChanged();
        await entry.RetireAsync().ConfigureAwait(false);
        return true;
    }

    /// <summary>
    /// Takes a provider out of all names, unless another has taken its name since. Calls that were routed to it can use it until it is
    /// retired.
    /// </summary>
    internal void Withdraw(ProviderEntry entry)
    {
        lock (_mutation)
        {
            if (_entries.TryRemove(KeyValuePair.Create(entry.Name, entry)))
                ChooseVersions(entry.Name);
        }

        NotifyChanged();
    }

    /// <summary>As <see cref="DisposeAsync"/>, for containers that are disposed synchronously. Blocks until it is done.</summary>
    public void Dispose() => Task.Run(() => DisposeAsync().AsTask()).GetAwaiter().GetResult();

    /// <summary>
    /// Disposes every provider: at once if no call holds it, otherwise when its calls have ended or <see cref="ShutdownGrace"/> has passed.
    /// Safe to call more than once.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        List<ProviderEntry> entries;
        lock (_mutation)
        {
            if (_isDisposed)
                return;
            _isDisposed = true;
            entries = [.. _entries.Values];
            _entries.Clear();
        }

        NotifyChanged();
        var retired = entries.Select(entry => entry.RetireAsync().AsTask());
        var idle = Task.WhenAll(retired.Concat(entries.Select(entry => entry.WhenDisposed)));
        try
        {
            await idle.WaitAsync(ShutdownGrace, _timeProvider).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            await Task.WhenAll(entries.Select(entry => entry.DisposeProviderAsync())).ConfigureAwait(false);
        }
    }

    /// <summary>Initialises a provider, to be registered by <see cref="PublishAsync"/>. Changes nothing until then.</summary>
    internal async ValueTask<ProviderEntry> PrepareAsync(
        string name, IProvider provider, ProviderSettings settings, ProviderDescriptor? descriptor, CancellationToken cancellationToken)
    {
        name = RequireName(name);
        descriptor ??= DescriptorOf(name, provider, settings);
        Protect(name, settings, descriptor);
        await provider.InitializeAsync(settings, cancellationToken).ConfigureAwait(false);
        return new ProviderEntry(name, provider, settings, descriptor, _logger)
        {
            Sequence = NextSequence(),
            Health = NewHealth(name),
        };
    }

    /// <summary>Registers the result of <see cref="PrepareAsync"/>. The one it replaces is disposed when its calls have ended.</summary>
    internal async ValueTask PublishAsync(ProviderEntry entry, bool replace)
    {
        ProviderEntry? replaced;
        lock (_mutation)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_entries.TryGetValue(entry.Name, out replaced) && !replace)
                throw new ProviderException(ProviderMessages.AlreadyRegistered(entry.Name));
            _entries[entry.Name] = entry;
            ChooseVersions(entry.Name);
        }

        _failures.TryRemove(entry.Name, out _);
        NotifyChanged();
        if (replaced is not null && !ReferenceEquals(replaced, entry))
        {
            LogReplaced(_logger, entry.Name);
            await replaced.RetireAsync().ConfigureAwait(false);
        }
    }

    private ProviderDescriptor DescriptorOf(string name, IProvider? provider, ProviderSettings? settings)
    {
        var descriptor = (provider as HttpProvider)?.Descriptor
            ?? _catalog.Find(settings?.Type)
            ?? _catalog.Find(name)
            ?? new ProviderDescriptor { Name = name, Priority = ProviderDescriptor.UserDefinedPriority };
        return settings?.Priority is { } priority ? descriptor with { Priority = priority } : descriptor;
    }

    private ProviderHealth NewHealth(string name) => new(name, _timeProvider, _secrets, _healthLogger);

    private long NextSequence() => Interlocked.Increment(ref _sequence);

    private static string RequireName(string name)
    {
        var normalized = ProviderNames.Normalize(name);
        return ProviderNames.IsValid(normalized) || ProviderVersions.IsVersioned(normalized)
            ? normalized
            : throw new ProviderException(
                $"'{name}' cannot be a provider's name: use up to 64 letters, digits, '-', '_' and '.', beginning with a letter or digit.");
    }

    private static bool IsProviderClass(Type type) =>
        type is { IsClass: true, IsAbstract: false, ContainsGenericParameters: false } && typeof(IProvider).IsAssignableFrom(type);

    [RequiresUnreferencedCode(ScanNeedsWholeAssembly)]
    private static IEnumerable<Type> LoadableTypes(Assembly assembly)
    {
        try
        {
            return assembly.GetTypes();
        }
        catch (ReflectionTypeLoadException error)
        {
            // One class with a missing dependency must not hide the others.
            return error.Types.OfType<Type>();
        }
    }

    [LoggerMessage(21, LogLevel.Warning, "Class {Type} is not registered: provider {Name} already is.")]
    private static partial void LogScanSkipped(ILogger logger, string type, string name);

    [LoggerMessage(22, LogLevel.Information, "Provider '{Name}' was replaced.")]
    private static partial void LogReplaced(ILogger logger, string name);
}
