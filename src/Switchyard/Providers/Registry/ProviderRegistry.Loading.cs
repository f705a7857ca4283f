using Microsoft.Extensions.Logging;
using Switchyard.Calls;
using Switchyard.Common;

namespace Switchyard.Providers.Registry;

public sealed partial class ProviderRegistry
{
    /// <summary>
    /// Creates, initialises and registers several providers in parallel. A failure does not stop the others: it is recorded in
    /// <see cref="LoadErrors"/> and logged, and does not count as loaded.
    /// </summary>
    /// <param name="registrations">The providers to load.</param>
    /// <param name="replace">Whether a provider replaces the one registered under its name.</param>
    /// <param name="cancellationToken">Cancels the loading as a whole.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    internal async ValueTask<ProviderLoadReport> LoadAllAsync(
        IEnumerable<ProviderRegistration> registrations, bool replace = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(registrations);
        var errors = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var loaded = new List<string>();
        // Sequence numbers follow the list, not the order in which initialisations finish: they break ties of priority.
        var loads = registrations
            .Select(registration => (registration.Name, Task: LoadAsync(registration, NextSequence(), replace, cancellationToken)))
            .ToList();
        foreach (var (name, task) in loads)
        {
            if (await task.ConfigureAwait(false) is { } error)
                errors[name] = error;
            else
                loaded.Add(name);
        }

        loaded.Sort(StringComparer.Ordinal);
        Report(loaded, errors);
        return new ProviderLoadReport(loaded, errors);
    }

    /// <summary>Creates, initialises and registers one provider.</summary>
    /// <returns>Whether it is loaded; if not, the reason is in <see cref="LoadErrors"/>.</returns>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    internal async ValueTask<bool> LoadAsync(
        ProviderRegistration registration, bool replace = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(registration);
        return await LoadAsync(registration, NextSequence(), replace, cancellationToken).ConfigureAwait(false) is null;
    }

    /// <summary>The error for a client that names a provider which cannot be used.</summary>
    /// <param name="name">The requested name.</param>
    /// <param name="function">The function that failed, for the message.</param>
    /// <param name="available">The names that may be used; null for all registered ones.</param>
    /// <returns>
    /// <see cref="CallErrorKind.ProviderUnavailable"/> if it is known but could not be loaded, <see cref="CallErrorKind.ModelNotFound"/>
    /// if none of that name is enabled, with near names or how to enable it.
    /// </returns>
    internal CallError Explain(string name, string function = "provider", IReadOnlyList<string>? available = null)
    {
        var shown = ProviderNames.Normalize(name);
        var known = _catalog.Find(shown);
        available ??= List();
        // A provider that the configuration no longer has stays registered while calls use it.
        var entry = FindEntry(shown) is { } registered && available.Contains(registered.Name, StringComparer.Ordinal) ? registered : null;
        foreach (var candidate in new[] { entry?.Name, shown, known?.Name })
        {
            if (candidate is not null && _failures.TryGetValue(candidate, out var failure))
                return Unavailable(ProviderMessages.Unavailable(shown, function, failure.Error), failure.Code);
        }

        if (entry is { IsInstantiable: false })
            return Unavailable(ProviderMessages.NoSettings(shown));
        if (known is { Unavailable: { } reason })
            return Unavailable(ProviderMessages.Unavailable(shown, function, reason));
        return new CallError(CallErrorKind.ModelNotFound, known is not null && entry is null
            ? ProviderMessages.NotEnabled(shown, available, known)
            : ProviderMessages.Unknown(shown, available, NearNames.Find(shown, available)));

        CallError Unavailable(string message, string? code = null) =>
            new(CallErrorKind.ProviderUnavailable, message) { Provider = shown, Code = code };
    }

    /// <summary>
    /// The canonical name of a known provider, usable or not: of the catalogue, or one that failed to load. Null if no provider has the
    /// name.
    /// </summary>
    internal string? NameOf(ReadOnlySpan<char> nameOrAlias)
    {
        nameOrAlias = nameOrAlias.Trim();
        return FindEntry(nameOrAlias)?.Name
            ?? _catalog.Find(nameOrAlias)?.Name
            ?? (_failures.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(nameOrAlias, out var name, out _) ? name : null);
    }

    /// <summary>The first provider, by name, that failed to load and fulfils a condition; null if none does.</summary>
    internal LoadFailure? FindFailed(Func<LoadFailure, bool> condition) =>
        _failures.Values.Where(condition).MinBy(failure => failure.Name, StringComparer.Ordinal);

    /// <returns>Null if it was loaded, otherwise <c>ErrorType: message</c>.</returns>
    private async Task<string?> LoadAsync(
        ProviderRegistration registration, long sequence, bool replace, CancellationToken cancellationToken)
    {
        IProvider? provider = null;
        var name = ProviderNames.Normalize(registration.Name);
        try
        {
            name = RequireName(name);
            Protect(name, registration.Settings, registration.Descriptor);
            if (!replace && _entries.ContainsKey(name))
                throw new ProviderException(ProviderMessages.AlreadyRegistered(name));
            provider = registration.Factory();
            await provider.InitializeAsync(registration.Settings, cancellationToken).ConfigureAwait(false);
            var entry = new ProviderEntry(name, provider, registration.Settings, registration.Descriptor, _logger)
            {
                Sequence = sequence,
                Health = NewHealth(name),
            };
            await PublishAsync(entry, replace).ConfigureAwait(false);
            return null;
        }
        catch (Exception error) when (!(error is OperationCanceledException && cancellationToken.IsCancellationRequested))
        {
            var text = ProviderMessages.Describe(error, registration.Settings, _secrets);
            lock (_mutation)
            {
                // A provider registered under the name still works; only its replacement failed.
                if (!_entries.ContainsKey(name))
                    _failures[name] = new(name, text, registration.Settings, registration.Descriptor) { Code = CodeOf(error) };
            }

            await DisposeUnregisteredAsync(name, provider).ConfigureAwait(false);
            return text;
        }
        catch
        {
            await DisposeUnregisteredAsync(name, provider).ConfigureAwait(false);
            throw;
        }
    }

    private static string? CodeOf(Exception error) => (error as ProviderException)?.Code;

    private async ValueTask DisposeUnregisteredAsync(string name, IProvider? provider)
    {
        try
        {
            if (provider is not null)
                await provider.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception error)
        {
            LogDisposalFailed(_logger, name, error);
        }
    }

    private void Report(List<string> loaded, SortedDictionary<string, string> errors)
    {
        LogLoaded(_logger, loaded.Count, errors.Count);
        if (_logger.IsEnabled(LogLevel.Information))
            LogAvailable(_logger, string.Join(", ", List()));
        foreach (var (name, error) in errors)
            LogLoadError(_logger, name, ProviderMessages.Cut(error));
    }

    [LoggerMessage(23, LogLevel.Information, "Provider loading complete: {Loaded} loaded, {Failed} failed")]
    private static partial void LogLoaded(ILogger logger, int loaded, int failed);

    [LoggerMessage(24, LogLevel.Information, "Available providers: {Names}")]
    private static partial void LogAvailable(ILogger logger, string names);

    [LoggerMessage(25, LogLevel.Warning, "Provider '{Name}' could not be loaded: {Error}")]
    private static partial void LogLoadError(ILogger logger, string name, string error);

    [LoggerMessage(26, LogLevel.Warning, "Provider '{Name}' failed while being disposed.")]
    private static partial void LogDisposalFailed(ILogger logger, string name, Exception error);
}
