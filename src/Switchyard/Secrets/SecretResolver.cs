using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Switchyard.Configuration;
using Switchyard.Configuration.Binding;
using Switchyard.Providers;
using Switchyard.Providers.Registry;

namespace Switchyard.Secrets;

/// <summary>
/// Fills in the secrets of a configuration: from the stores in their order, then from the environment. A secret once found stays in use
/// while a store is unavailable, and after it is gone from every store. Not concurrent: the engine resolves under its lock.
/// </summary>
internal sealed partial class SecretResolver(
    IEnumerable<ISecretStore> added,
    IEnumerable<ISecretStoreFactory> factories,
    ProviderActivator activator,
    ProviderContext context,
    ILogger<SecretResolver> logger) : IAsyncDisposable, IDisposable
{
    private readonly ISecretStore[] _added = [.. added];
    private readonly ISecretStoreFactory[] _factories = [.. factories];

    // Answers outlive their stores, because a reload opens stores again.
    private readonly ConcurrentDictionary<string, ConcurrentDictionary<string, string?>> _answers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _good = new(StringComparer.Ordinal);
    private readonly HashSet<string> _lost = new(StringComparer.Ordinal);
    private SecretsOptions? _options;
    private volatile StoreReader[] _stores = [];

    /// <summary>The stores in their order.</summary>
    public IReadOnlyList<StoreReader> Stores => _stores;

    /// <summary>The refresh interval of stores that are reached over the network.</summary>
    public TimeSpan Refresh => _options?.Refresh ?? TimeSpan.FromMinutes(1);

    /// <summary>Fills in the secrets.</summary>
    public async ValueTask<SecretResolution> ResolveAsync(SwitchyardOptions options, CancellationToken cancellationToken)
    {
        try
        {
            await OpenAsync(options.Secrets).ConfigureAwait(false);
        }
        catch (SecretStoreException failure)
        {
            return new SecretResolution(options) { Refusal = $"secrets: {context.Secrets.Redact(failure.Message)}" };
        }

        var wishes = SecretWishes.Of(options, activator, _stores.Length > 0);
        if (wishes.ByName.Count == 0)
            return new SecretResolution(options);
        foreach (var store in _stores)
            store.Look();
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        var asked = wishes.ByName.Values.Select(wish => (Wish: wish, Answer: AskAsync(wish, cancellationToken))).ToList();
        foreach (var (wish, answer) in asked)
        {
            if (await answer.ConfigureAwait(false) is { } value)
                values[wish.Name] = value;
        }

        foreach (var store in _stores)
            store.EndLook();
        foreach (var (name, value) in values)
        {
            if (_good.TryGetValue(name, out var before) && before != value)
                LogChanged(name);
            _good[name] = value;
        }

        return SecretFilling.Fill(options, wishes, values, Missing);
    }

    /// <summary>Whether a store on this machine may have changed since it was last read.</summary>
    public bool HasLocalChange() => Array.Exists(_stores, static store => store.HasChanged);

    public async ValueTask DisposeAsync()
    {
        foreach (var store in Interlocked.Exchange(ref _stores, []).Where(store => !_added.Contains(store.Store)))
            await DisposeAsync(store.Store).ConfigureAwait(false);
    }

    /// <summary>As <see cref="DisposeAsync()"/>, for containers that are disposed synchronously.</summary>
    public void Dispose()
    {
        foreach (var store in Interlocked.Exchange(ref _stores, []).Where(store => !_added.Contains(store.Store)))
            (store.Store as IDisposable)?.Dispose();
    }

    private async Task<string?> AskAsync(SecretWish wish, CancellationToken cancellationToken)
    {
        foreach (var store in _stores)
        {
            if (wish.IsGuess && !store.IsLocal)
                continue;
            foreach (var name in store.IsLocal ? wish.Variables.Prepend(wish.Name) : [wish.Name])
            {
                if (await store.AskAsync(name, cancellationToken).ConfigureAwait(false) is { Value: { } value })
                    return Found(wish, value);
            }
        }

        // A provider's own variables are read where its settings are created.
        if (wish.IsNamed && context.Environment(SecretNames.Variable(wish.Name)) is { } variable && !string.IsNullOrWhiteSpace(variable))
            return Found(wish, variable.Trim());
        if (wish.Variables.Any(name => !string.IsNullOrWhiteSpace(context.Environment(name))))
            return null;
        return Last(wish);
    }

    private string Found(SecretWish wish, string value)
    {
        lock (_lost)
            _lost.Remove(wish.Name);
        context.Secrets.Remember($"secret {wish.Name}", SecretParts.Of(value));
        return value;
    }

    /// <summary>A secret that is gone from its store stays in use: removing it would fail calls without a visible reason.</summary>
    private string? Last(SecretWish wish)
    {
        if (!_good.TryGetValue(wish.Name, out var last))
            return null;
        bool isNew;
        lock (_lost)
            isNew = _lost.Add(wish.Name);
        if (isNew)
            LogLost(wish.Name);
        return last;
    }

    private string Missing(string name)
    {
        var away = _stores.Where(store => store.Fault is not null).Select(store => $"{store.Name} ({store.Fault!.Text})").ToList();
        if (away.Count > 0)
            return $"the secret '{name}' could not be read: {string.Join("; ", away)}";
        var variable = SecretNames.Variable(name);
        return _stores.Length == 0
            ? $"the secret '{name}' was not found: no store is configured under 'secrets', and the variable {variable} is not set"
            : $"the secret '{name}' was not found in any store ({string.Join(", ", _stores.Select(store => store.Name))}), "
                + $"and the variable {variable} is not set";
    }

    /// <summary>Opens the stores that the options name, unless the same are open.</summary>
    /// <exception cref="SecretStoreException">A store can never work as configured; the open ones stay open.</exception>
    private async ValueTask OpenAsync(SecretsOptions options)
    {
        if (_options is not null && OptionShape.AreSame(_options, options))
            return;
        var opened = new List<(string Kind, ISecretStore Store)>();
        foreach (var factory in _factories)
        {
            if (factory.Create(options, context) is { } store)
                opened.Add((factory.Kind, store));
        }

        RequireFactories(options);
        var usual = OptionShape.Root.Find("secrets")!.Shape.Find("order")!.KnownValues.ToList();
        var order = options.Order.Concat(usual).Distinct(StringComparer.Ordinal).ToList();
        var replaced = _stores;
        _stores =
        [
            .. _added.Concat(
                opened.OrderBy(pair => order.IndexOf(pair.Kind) is >= 0 and var at ? at : int.MaxValue).Select(pair => pair.Store))
                .Select(store => new StoreReader(
                    store, _answers.GetOrAdd(store.Name, static _ => new()), options.Timeout, context.TimeProvider, context.Secrets,
                    logger)),
        ];
        _options = options;
        foreach (var store in replaced.Where(store => !_added.Contains(store.Store)))
            await DisposeAsync(store.Store).ConfigureAwait(false);
    }

    private void RequireFactories(SecretsOptions options)
    {
        var shape = OptionShape.Root.Find("secrets")!.Shape;
        foreach (var kind in shape.Find("order")!.KnownValues)
        {
            if (shape.Find(kind)!.Member.GetValue(options) is not null && !_factories.Any(factory => factory.Kind == kind))
            {
                throw new SecretStoreException(
                    $"secrets.{kind} is a store that this program does not provide: "
                    + "reference Switchyard.Cloud and call AddSwitchyardCloud().");
            }
        }
    }

    private static async ValueTask DisposeAsync(ISecretStore store)
    {
        switch (store)
        {
            case IAsyncDisposable disposable:
                await disposable.DisposeAsync().ConfigureAwait(false);
                break;
            case IDisposable disposable:
                disposable.Dispose();
                break;
        }
    }

    [LoggerMessage(11, LogLevel.Information, "The secret '{Name}' has changed; new calls use it")]
    private partial void LogChanged(string name);

    [LoggerMessage(12, LogLevel.Warning, "The secret '{Name}' is no longer in any store; its last value stays in use until the next start")]
    private partial void LogLost(string name);
}
