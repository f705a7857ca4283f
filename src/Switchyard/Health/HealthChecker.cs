using System.Collections.Concurrent;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Common;
using Switchyard.Engine;
using Switchyard.Providers;
using Switchyard.Providers.Mock;
using Switchyard.Providers.Registry;
using Switchyard.Targets;

namespace Switchyard.Health;

/// <summary>
/// Checks the health of providers on request, and reports what calls and checks have shown. A check does not throw when a provider fails:
/// the failure is its result. Thread-safe.
/// </summary>
public sealed partial class HealthChecker
{
    /// <summary>The maximum number of output tokens that a round trip requests.</summary>
    internal const int RoundTripTokens = 5;

    // Part of the error with which some providers refuse a limit that leaves a reasoning model no token for its answer: the model works.
    private const string NoTokenLeft = "model output limit was reached";

    private readonly SwitchyardEngine _engine;
    private readonly TimeProvider _time;
    private readonly SecretRedactor _secrets;
    private readonly ILogger _logger;
    private readonly ConcurrentDictionary<(string Provider, HealthLevel Level), Lazy<Task<HealthResult>>> _running = new();

    internal HealthChecker(SwitchyardEngine engine, TimeProvider time, SecretRedactor secrets, ILogger<HealthChecker> logger)
    {
        _engine = engine;
        _time = time;
        _secrets = secrets;
        _logger = logger;
    }

    /// <summary>The providers of the current configuration, sorted, including those that could not be loaded.</summary>
    /// <exception cref="InvalidOperationException">The engine has not been started.</exception>
    public IReadOnlyList<string> Providers =>
        [.. _engine.ProviderNames.Union(_engine.Registry.LoadErrors.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    /// <summary>The known health of every provider; sends nothing.</summary>
    /// <exception cref="InvalidOperationException">The engine has not been started.</exception>
    public IReadOnlyList<ProviderStatus> Statuses => [.. Providers.Select(StatusOf)];

    /// <summary>The known health of a provider; sends nothing. An unknown provider is unhealthy.</summary>
    /// <param name="provider">Its name, or an alias of it.</param>
    /// <exception cref="InvalidOperationException">The engine has not been started.</exception>
    public ProviderStatus StatusOf(string provider)
    {
        ArgumentNullException.ThrowIfNull(provider);
        var entry = _engine.Registry.FindEntry(provider);
        var usable = entry is { IsInstantiable: true } && _engine.ProviderNames.Contains(entry.Name, StringComparer.Ordinal);
        // A provider class whose creation failed is still registered: the next call tries again.
        if (usable && (entry!.Provider is not null || !_engine.Registry.LoadErrors.ContainsKey(entry.Name)))
            return ProviderStatus.Of(entry.Health, _engine.InFlightOf(entry.Name), _engine.LearntConcurrencyOf(entry.Name));
        var reason = _engine.Registry.Explain(provider, available: _engine.ProviderNames).Message;
        return new() { Name = entry?.Name ?? ProviderNames.Normalize(provider), State = HealthState.Unhealthy, Error = Clean(reason) };
    }

    /// <summary>Checks a provider. Callers at the same time share one check.</summary>
    /// <param name="provider">Its name, or an alias of it.</param>
    /// <param name="level">The level of the check; null uses the configured one.</param>
    /// <param name="cancellationToken">Ends the wait for the result.</param>
    /// <returns>The result; a provider that is unknown or cannot be loaded is unhealthy.</returns>
    /// <exception cref="OperationCanceledException">The wait was cancelled; the check continues.</exception>
    public async Task<HealthResult> CheckAsync(
        string provider, HealthLevel? level = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(provider);
        await _engine.StartAsync(cancellationToken).ConfigureAwait(false);
        var name = _engine.Registry.GetRegisteredName(provider) ?? ProviderNames.Normalize(provider);
        var wanted = level ?? HealthLevels.Parse(_engine.InForce.Health.Level) ?? HealthLevel.Reachability;
        var check = _running.GetOrAdd((name, wanted), key => new(() => RunAsync(key.Provider, key.Level)));
        return await check.Value.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Checks every provider in parallel. One failure does not affect the other results.</summary>
    /// <param name="level">The level of the check; null uses the configured one.</param>
    /// <param name="cancellationToken">Ends the wait for the results.</param>
    /// <returns>The results by provider.</returns>
    public async Task<IReadOnlyDictionary<string, HealthResult>> CheckAllAsync(
        HealthLevel? level = null, CancellationToken cancellationToken = default)
    {
        await _engine.StartAsync(cancellationToken).ConfigureAwait(false);
        var results = await Task.WhenAll(Providers.Select(name => CheckAsync(name, level, cancellationToken))).ConfigureAwait(false);
        return results.ToDictionary(result => result.Name, StringComparer.OrdinalIgnoreCase);
    }

    private async Task<HealthResult> RunAsync(string name, HealthLevel level)
    {
        // Yields so that the task is published, for others to wait for, before it does any work.
        await Task.Yield();
        try
        {
            return await CheckNowAsync(name, level).ConfigureAwait(false);
        }
        finally
        {
            _running.TryRemove((name, level), out _);
        }
    }

    private async Task<HealthResult> CheckNowAsync(string name, HealthLevel level)
    {
        var timeout = _engine.InForce.Health.Timeout;
        var begun = _time.GetTimestamp();
        string? error = null;
        var isRefusal = false;
        ProviderHealth? health = null;
        var label = name;
        using var clock = new CancellationTokenSource(timeout, _time);
        try
        {
            using var lease = await _engine.Registry.AcquireAsync(name, clock.Token).ConfigureAwait(false);
            health = lease.Health;
            label = lease.Descriptor!.Name == name ? lease.Descriptor.Label : name;
            // A provider may ignore the token; the check ends anyway.
            await ProbeAsync(lease.Provider, level, clock.Token).WaitAsync(clock.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (clock.IsCancellationRequested)
        {
            error = $"no answer within {timeout.TotalSeconds:0.###} s";
        }
        catch (Exception e)
        {
            error = Clean(e.Message);
            isRefusal = e is ProviderException { Status: >= 400 and < 500 and not 408 };
        }

        var result = new HealthResult
        {
            Name = name,
            Healthy = error is null,
            Latency = _time.GetElapsedTime(begun),
            Error = error,
            Time = _time.GetUtcNow(),
            IsRefusal = isRefusal,
        };
        health ??= _engine.Registry.FindEntry(name)?.Health;
        if (error is not null)
            LogFailed(error == health?.LastCheckError ? LogLevel.Debug : LogLevel.Error, label, LogText.Escape(error));
        health?.CountCheck(result);
        return result;
    }

    /// <summary>Returns if the provider passes; throws if it fails.</summary>
    private Task ProbeAsync(IProvider provider, HealthLevel level, CancellationToken cancellationToken) => level switch
    {
        // The registry leases only initialised providers, whose settings are complete.
        HealthLevel.Configuration => Task.CompletedTask,
        // The mock costs nothing, and reports itself whether it would answer.
        HealthLevel.RoundTrip when provider is not MockProvider => RoundTripAsync(provider, cancellationToken),
        _ => provider.CheckReachableAsync(cancellationToken).AsTask(),
    };

    private async Task RoundTripAsync(IProvider provider, CancellationToken cancellationToken)
    {
        var today = DateOnly.FromDateTime(_time.GetUtcNow().UtcDateTime);
        var model = ProbeModel.Choose(_engine.Registry, provider.Name, [], today)
            ?? ProbeModel.Choose(
                _engine.Registry, provider.Name, await provider.ListModelsAsync(cancellationToken).ConfigureAwait(false), today)
            ?? throw new ProviderException($"no model to try it with: name one under providers.{provider.Name}.models");
        var options = new ChatOptions { ModelId = $"{provider.Name}/{model}", MaxOutputTokens = RoundTripTokens };
        var request = new CallRequest(
            new CallEnvelope { Operation = CallOperation.Chat, Model = options.ModelId, MaxOutputTokens = RoundTripTokens },
            CallBody.FromCanonical(new CanonicalChatRequest([new ChatMessage(ChatRole.User, "ping")], options)))
        {
            Caller = HealthObserver.Check,
            // A cached answer would not show the provider's current state.
            CacheControl = new CacheControl { Mode = CacheMode.Off },
        };
        var response = await _engine.RunAsync(request, cancellationToken).ConfigureAwait(false);
        await using var disposal = response.ConfigureAwait(false);
        var name = _engine.Registry.GetRegisteredName(provider.Name) ?? provider.Name;
        if (ErrorOf(name, response) is { Kind: not CallErrorKind.Canceled } failed)
            throw failed.ToException();
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>
    /// The error of a provider's own answer; null if it answered. The answer of another provider that replaced it (<c>routing.failover</c>,
    /// a budget's <c>cheaper_model</c>) does not count.
    /// </summary>
    private static CallError? ErrorOf(string provider, CallResponse response)
    {
        var own = response.Call.Attempts.LastOrDefault(
            attempt => attempt.Deployment.Provider.Equals(provider, StringComparison.OrdinalIgnoreCase));
        var error = own?.Error ?? response.Error;
        if (own is null && error is null)
        {
            return new CallError(CallErrorKind.ProviderUnavailable, $"{provider} was not asked: another provider stood in for it.")
            {
                Provider = provider,
            };
        }

        return error is { Kind: CallErrorKind.UpstreamRejected }
            && error.Message.Contains(NoTokenLeft, StringComparison.OrdinalIgnoreCase) ? null : error;
    }

    private string Clean(string text) => _secrets.Redact(Sanitizer.Clean(text));

    [LoggerMessage(EventId = 1, Message = "{Provider} health check failed: {Error}")]
    private partial void LogFailed(LogLevel level, string provider, string error);
}
