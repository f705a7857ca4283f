using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Configuration.Binding;
using Switchyard.Configuration.Reload;
using Switchyard.Configuration.Runtime;
using Switchyard.Configuration.Validation;
using Switchyard.Egress.Exchange;
using Switchyard.Guards;
using Switchyard.Identity;
using Switchyard.Money;
using Switchyard.Naming;
using Switchyard.Plugins;
using Switchyard.Recording;
using Switchyard.Routing;
using Switchyard.Secrets;
using Switchyard.Stored;
using Switchyard.Telemetry;

namespace Switchyard.Engine;

/// <content>Puts a configuration in force: checks it, builds it beside the one in force, and swaps it in.</content>
public sealed partial class SwitchyardEngine : IConfigurationTarget
{
    long IConfigurationTarget.Generation => _current?.Calls.Generation ?? 0;

    SwitchyardOptions IConfigurationTarget.Written => Current.Written;

    SwitchyardOptions IConfigurationTarget.Options => Current.Options;

    RuntimeInForce IConfigurationTarget.Runtime => _current?.Runtime ?? RuntimeInForce.Nothing;

    /// <summary>
    /// Applies new options: validates them, loads new providers, then swaps the snapshot. Running calls keep the configuration they began
    /// on. The options are copied. Settings made at run time (<see cref="Configuration"/>) stay over them.
    /// </summary>
    /// <returns>The new generation, or the reason why the old one stays in force.</returns>
    public ValueTask<ReloadOutcome> ApplyAsync(SwitchyardOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        return PutInForceAsync(new() { Written = options.Copy() }, cancellationToken);
    }

    /// <summary>
    /// Applies a change of the options in force; other options keep their values. The changed options are set at run time: they are in
    /// the history of <see cref="Configuration"/>, and stay when a file is reloaded.
    /// </summary>
    /// <param name="change">Changes a copy of the options. Concurrent changes are applied one after the other.</param>
    /// <param name="cancellationToken">Stops loading new providers; the old configuration then stays in force.</param>
    /// <returns>The new generation, or the reason why the old one stays in force.</returns>
    public ValueTask<ReloadOutcome> ApplyAsync(Action<SwitchyardOptions> change, CancellationToken cancellationToken = default) =>
        ApplyAsync(change, null, cancellationToken);

    /// <inheritdoc cref="ApplyAsync(Action{SwitchyardOptions}, CancellationToken)"/>
    /// <param name="change">Changes a copy of the options. Concurrent changes are applied one after the other.</param>
    /// <param name="who">The name for the history; null records <c>code</c>.</param>
    /// <param name="cancellationToken">Stops loading new providers; the old configuration then stays in force.</param>
    public ValueTask<ReloadOutcome> ApplyAsync(
        Action<SwitchyardOptions> change, string? who, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(change);
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (_current is not null)
            return Configuration.ApplyAsync(change, who, cancellationToken);
        var options = new SwitchyardOptions();
        change(options);
        return PutInForceAsync(new() { Written = options }, cancellationToken);
    }

    IReadOnlyList<string> IConfigurationTarget.FindErrors(SwitchyardOptions options) => OptionsCheck.FindErrors(options);

    IReadOnlyList<string> IConfigurationTarget.FindUnknownProviders(SwitchyardOptions options)
    {
        var known = new KnownNames(
            new ConfigurationRequest
            {
                IsKnownProvider = KnowsProvider,
                ProviderNames = [.. Registry.Catalog.All.Select(provider => provider.Name), .. Registry.List()],
            },
            options.Plugins);
        return [.. OptionsCheck.FindErrors(options, known).Except(OptionsCheck.FindErrors(Current.Options, known), StringComparer.Ordinal)];
    }

    bool IConfigurationTarget.KnowsProvider(string name) => KnowsProvider(name);

    private bool KnowsProvider(string name) => Registry.GetRegisteredName(name) is not null || Registry.Catalog.Find(name) is not null;

    ValueTask<ReloadOutcome> IConfigurationTarget.PutAsync(
        RuntimeInForce next, Func<SwitchyardOptions, CancellationToken, Task<string?>>? commit, CancellationToken cancellationToken) =>
        PutInForceAsync(new() { Runtime = next, Commit = commit }, cancellationToken);

    private async ValueTask<ReloadOutcome> PutInForceAsync(EngineChange change, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        await _applying.WaitAsync(cancellationToken).ConfigureAwait(false);
        EngineSnapshot? before, after;
        try
        {
            before = _current;
            var outcome = await ChangeAsync(before, change, cancellationToken).ConfigureAwait(false);
            after = _current;
            if (ReferenceEquals(before, after))
                return outcome;
        }
        finally
        {
            _applying.Release();
        }

        // Outside the lock: a listener may change the configuration.
        Configuration.Announce(
            before is null ? null : (before.Options, before.Runtime), (after!.Options, after.Runtime), after.Calls.Generation);
        return new() { Applied = true, Generation = after.Calls.Generation };
    }

    private async ValueTask<ReloadOutcome> ChangeAsync(EngineSnapshot? before, EngineChange change, CancellationToken cancellationToken)
    {
        // Keys are followed from the first attempt to start, which may have failed: a change of theirs must not start the engine.
        if ((change.Written ?? before?.Written) is not { } written)
            return Refused("The engine has not been started.");
        var runtime = change.Runtime ?? before?.Runtime ?? RuntimeInForce.Nothing;
        var options = written;
        if (!runtime.Layer.IsEmpty)
        {
            options = written.Copy();
            var unread = runtime.Layer.ApplyTo(options).Where(problem => problem.Severity == ProblemSeverity.Error).ToList();
            if (unread.Count > 0)
                return Refused(string.Join(" ", unread.Select(problem => $"{problem}.")));
        }

        if (OptionsCheck.FindErrors(options) is { Count: > 0 } errors)
            return Refused(string.Join(" ", errors));
        if (change.Runtime is not null && before is not null
            && (ReloadGuard.Refuse(before.Options, options) ?? Keys.RefuseLostTenant(before.Options, options)) is { } unsafely)
            return Refused(unsafely);
        var resolved = await _secrets.ResolveAsync(options, cancellationToken).ConfigureAwait(false);
        if (change.OnlyChangedSecrets && before is not null && resolved.IsSameAs(before.Secrets))
            return new() { Applied = false, Generation = before.Calls.Generation };
        if (resolved.Refusal is { } missing)
            return Refused(missing);
        if (!ReferenceEquals(resolved.Options, options) && OptionsCheck.FindErrors(resolved.Options) is { Count: > 0 } unfit)
            return Refused(string.Join(" ", unfit));
        await _money.OpenAsync(options, cancellationToken).ConfigureAwait(false);
        if (change.Commit is { } commit && await commit(options, cancellationToken).ConfigureAwait(false) is { } refusal)
            return Refused(refusal);
        var after = await BuildAsync(before, written, runtime, options, resolved, cancellationToken).ConfigureAwait(false);
        _current = after;
        _money.UnknownAfter = options.Budgets.UnknownAfter;
        _money.Book.Follow(after.Calls.Section(MoneyPlan.Section)?.Rules ?? []);
        Applied?.Invoke(this, EventArgs.Empty);
        _olderEnded = RemoveUnusedAsync(_olderEnded, before, after.Calls.Generation);
        Keys.WarnOfLostTenants(options);
        LogApplied(after.Calls.Generation, string.Join(", ", after.Providers.Names), options.Models.Count);
        _watcher.Follow();
        Plugins.Follow(options.Plugins);
        return new() { Applied = true, Generation = after.Calls.Generation };

        ReloadOutcome Refused(string reason) => new() { Applied = false, Generation = before?.Calls.Generation ?? 0, Reason = reason };
    }

    private async ValueTask<EngineSnapshot> BuildAsync(
        EngineSnapshot? before,
        SwitchyardOptions written,
        RuntimeInForce runtime,
        SwitchyardOptions inForce,
        SecretResolution resolved,
        CancellationToken cancellationToken)
    {
        // A candidate has its own number, one above that of the configuration it is tried beside.
        var generation = (before?.Canary?.Calls.Generation ?? before?.Calls.Generation ?? 0) + 1;
        var options = Keys.Book.AddTo(resolved.Options);
        // Secrets of providers are registered as each is loaded: which of its settings are part of an address is in its descriptor only.
        _providers.Secrets.Remember(
            "configuration",
            SecretSettings.Of(options).Where(secret => !secret.Path.StartsWith("providers:", StringComparison.Ordinal))
                .SelectMany(secret => secret.Parts));
        var providers = await _providers.LoadAsync(options, generation, cancellationToken).ConfigureAwait(false);
        var canary = runtime.Canary is { } plan ? GateOf(before, plan) : null;
        var routes = new RouteTable(options.Models, providers, options.DefaultProvider, options.Routing, options.Prices);
        var calls = SnapshotOf(options, providers, routes, generation, canary?.Stable);
        Metrics.Publish(options.Telemetry.Semconv);
        foreach (var provider in _providers.Rotated)
            Metrics.Rotated(calls.Section(TelemetrySettings.Section), provider, "credential_change");
        return new EngineSnapshot(written, runtime, inForce, resolved, calls, routes, providers)
        {
            Canary = canary is null ? null : BuildCanary(canary, calls, written, runtime, options, providers),
        };
    }

    private CallSnapshot SnapshotOf(
        SwitchyardOptions options, ProviderView providers, RouteTable routes, long generation, CanaryTally? tally, string? hop = null)
    {
        var sections = Sections.From(options, _lasting, providers.Limits, NameOf).WithReach(options, _providers);
        var plugins = Plugins.Current;
        sections = _caches.AddTo(_comparisons.AddTo(sections, options), options).With(PluginSet.Section, plugins)
            .With(GuardPlan.Section, _pipeline.Guards.PlanOf(options.Guards, plugins?.Guards ?? [], NameOf));
        var recording = RecordingPlan.From(options, _recorder);
        sections.With(RecordingPlan.Section, recording).With(IExchangeRecorder.Section, recording)
            .With(ResponseMemory.Section, _stored.MemoryOf(options))
            .With(OwnedFiles.Section, sections.Has(CallerTable.Section) ? _stored.Files : null);
        var observer = PluginSet.Around(Comparisons.Around(_completion, sections), sections);
        var calls = new CallSnapshot(generation, routes, Sections.Clocks(options.Timeouts), sections)
        {
            Strict = options.Strict,
            CountsMoney = sections.Has(MoneyPlan.Section),
            Running = _running,
            // The id of the configuration in force: a request that comes back is recognised on either configuration.
            HopId = hop ?? GatewayId.Of(options),
            AnswerFingerprint = FingerprintOf(sections.Find(GuardPlan.Section), sections.Find(AnswerNames.Section)),
            LogsContent = options.Logs.Content,
            Secrets = _providers.Secrets,
            Pipeline = _pipeline.Build(sections),
            Observer = tally is null ? observer : new CanaryObserver(observer, tally),
        };
        Plugins.Hold(plugins, calls.InFlight);
        return calls;

        string NameOf(string written) => _providers.NameOf(options, written);
    }

    /// <summary>Separates answers in a cache by the guards that they have passed, and by the model name in them.</summary>
    private static Func<ModelCall, string>? FingerprintOf(GuardPlan? guards, AnswerNames? names) =>
        names is null ? guards is null ? null : guards.FingerprintOf
        : call => $"{guards?.FingerprintOf(call)}\n{names.NameFor(call)}";

    /// <summary>Unregisters the providers that the new configuration removed, after every call on an older one has ended.</summary>
    private async Task RemoveUnusedAsync(Task olderEnded, EngineSnapshot? superseded, long generation)
    {
        if (superseded is null)
            return;
        await Task.WhenAll(
            olderEnded, superseded.Calls.InFlight.CloseAsync(), superseded.Canary?.Calls.InFlight.CloseAsync() ?? Task.CompletedTask)
            .ConfigureAwait(false);
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
            await Keys.StartAsync(async stop => await PutInForceAsync(new EngineChange(), stop).ConfigureAwait(false), cancellationToken)
                .ConfigureAwait(false);
            await Plugins.OpenAsync(options.Plugins).ConfigureAwait(false);
            await StartWithAsync(options, await Configuration.LoadAsync(cancellationToken).ConfigureAwait(false), cancellationToken)
                .ConfigureAwait(false);
            Plugins.ApplyWith(
                async stop => await PutInForceAsync(new EngineChange(), stop).ConfigureAwait(false) is { Applied: false } kept
                    ? kept.Reason
                    : null);
            Configuration.Follow();
            _collector.Start();
            _following = [.. _changes.Select(change => ChangeToken.OnChange(change.GetChangeToken, () => _ = FollowAsync()))];
        }
        finally
        {
            _starting.Release();
        }
    }

    /// <summary>Starts even if settings made at run time no longer fit the written configuration.</summary>
    private async ValueTask StartWithAsync(SwitchyardOptions options, RuntimeInForce kept, CancellationToken cancellationToken)
    {
        var change = new EngineChange { Written = options.Copy(), Runtime = kept };
        if (await PutInForceAsync(change, cancellationToken).ConfigureAwait(false) is not { Applied: false } refused)
            return;
        var bare = change with { Runtime = RuntimeInForce.Nothing };
        if (kept.Layer.IsEmpty || await PutInForceAsync(bare, cancellationToken).ConfigureAwait(false) is { Applied: false })
        {
            throw new OptionsValidationException("", typeof(SwitchyardOptions), [refused.Reason!]);
        }

        Configuration.NotInForce(refused.Reason!);
    }

    /// <summary>Applies a change of the host's configuration. If it is invalid, the one in force stays and the reason is logged.</summary>
    private async Task FollowAsync()
    {
        try
        {
            var options = _configured.Create(Microsoft.Extensions.Options.Options.DefaultName);
            var (before, after) = (Options, Configuration.Over(options));
            var outcome = (ReloadGuard.Refuse(before, after) ?? Keys.RefuseLostTenant(before, after)) is { } reason
                ? new ReloadOutcome { Applied = false, Generation = Snapshot.Generation, Reason = reason }
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

    [LoggerMessage(2, LogLevel.Error, "The changed configuration was rejected; configuration {Generation} stays in force: {Reason}")]
    private partial void LogKept(long generation, string reason);

    /// <summary>The parts of the engine that a change replaces; null leaves a part unchanged.</summary>
    private sealed record EngineChange
    {
        /// <summary>The options of file, environment and code. Not modified any more.</summary>
        public SwitchyardOptions? Written { get; init; }

        /// <summary>The settings made at run time.</summary>
        public RuntimeInForce? Runtime { get; init; }

        /// <summary>Whether nothing is done if the secrets are the same.</summary>
        public bool OnlyChangedSecrets { get; init; }

        /// <summary>See <see cref="IConfigurationTarget.PutAsync"/>.</summary>
        public Func<SwitchyardOptions, CancellationToken, Task<string?>>? Commit { get; init; }
    }
}
