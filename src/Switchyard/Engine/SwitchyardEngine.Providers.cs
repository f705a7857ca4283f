using System.Text.Json.Nodes;
using Switchyard.Canonical;
using Switchyard.Configuration;
using Switchyard.Configuration.Binding;
using Switchyard.Configuration.Runtime;
using Switchyard.Providers;
using Switchyard.Providers.Registry;

namespace Switchyard.Engine;

/// <content>The providers with their known facts, and methods to change how they are chosen while calls run.</content>
public sealed partial class SwitchyardEngine
{
    /// <summary>The highest priority that <see cref="SetProviderPriorityAsync"/> sets: that of a user-defined provider.</summary>
    public const int HighestPriority = ProviderDescriptor.UserDefinedPriority;

    /// <summary>
    /// Every provider that is registered or configured, including disabled ones and those that could not be loaded; sorted by name.
    /// </summary>
    /// <exception cref="InvalidOperationException">The engine has not been started.</exception>
    public IReadOnlyList<ProviderInfo> GetAllProviders()
    {
        var current = Current;
        var written = current.Options.Providers.ToLookup(
            provider => _providers.NameOf(current.Options, provider.Key), provider => provider.Value, StringComparer.OrdinalIgnoreCase);
        var tuned = current.Options.Tuned.Where(provider => provider.Value.Enabled == false)
            .Select(provider => _providers.NameOf(current.Options, provider.Key))
            .Where(name => Registry.GetRegisteredName(name) is not null);
        return
        [
            .. current.Providers.Names.Concat(written.Select(provider => provider.Key)).Concat(Registry.LoadErrors.Keys).Concat(tuned)
                .Distinct(StringComparer.OrdinalIgnoreCase).Order(StringComparer.Ordinal)
                .Select(name => Describe(current, name, written[name].FirstOrDefault())),
        ];
    }

    /// <summary>A provider by its name or one of its aliases; null if there is none.</summary>
    /// <exception cref="InvalidOperationException">The engine has not been started.</exception>
    public ProviderInfo? FindProvider(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var known = Registry.GetRegisteredName(name) ?? Registry.Catalog.Normalize(name);
        return GetAllProviders().FirstOrDefault(provider =>
            provider.Name.Equals(known, StringComparison.OrdinalIgnoreCase)
            || provider.Name.Equals(name.Trim(), StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Enables or disables a provider from the next call on; also one that code added. It is a run-time setting.</summary>
    /// <param name="name">The provider.</param>
    /// <param name="enabled">Whether it may be chosen, also as a fallback.</param>
    /// <param name="who">The name for the history; null records <c>code</c>.</param>
    /// <param name="cancellationToken">Ends the wait; nothing is changed then.</param>
    /// <returns>False if there is no such provider.</returns>
    /// <exception cref="ConfigurationChangeException">The change was refused, with the reason.</exception>
    public ValueTask<bool> SetProviderEnabledAsync(
        string name, bool enabled, string? who = null, CancellationToken cancellationToken = default) =>
        ChangeProviderAsync(name, new() { Enabled = enabled }, who, null, cancellationToken);

    /// <summary>Changes a provider's priority among those of the same model, from the next call on. It is a run-time setting.</summary>
    /// <param name="name">The provider.</param>
    /// <param name="priority">The priority, limited to 0 to <see cref="HighestPriority"/>; the highest wins.</param>
    /// <param name="who">The name for the history; null records <c>code</c>.</param>
    /// <param name="cancellationToken">Ends the wait; nothing is changed then.</param>
    /// <returns>False if there is no such provider.</returns>
    /// <exception cref="ConfigurationChangeException">The change was refused, with the reason.</exception>
    public ValueTask<bool> SetProviderPriorityAsync(
        string name, int priority, string? who = null, CancellationToken cancellationToken = default) =>
        ChangeProviderAsync(name, new() { Priority = priority }, who, null, cancellationToken);

    /// <summary>
    /// Changes the weight of a provider with the strategies <c>weighted</c> and <c>least-busy</c>, from the next call on. It is a run-time
    /// setting.
    /// </summary>
    /// <param name="name">The provider.</param>
    /// <param name="weight">The weight, limited to 0 to 1.</param>
    /// <param name="who">The name for the history; null records <c>code</c>.</param>
    /// <param name="cancellationToken">Ends the wait; nothing is changed then.</param>
    /// <returns>False if there is no such provider.</returns>
    /// <exception cref="ConfigurationChangeException">The change was refused, with the reason.</exception>
    public ValueTask<bool> SetProviderWeightAsync(
        string name, double weight, string? who = null, CancellationToken cancellationToken = default) =>
        ChangeProviderAsync(name, new() { Weight = weight }, who, null, cancellationToken);

    /// <summary>Changes how a provider is chosen, from the next call on. It is a run-time setting.</summary>
    /// <param name="name">The provider.</param>
    /// <param name="choice">The settings to change.</param>
    /// <param name="who">The name for the history; null records <c>code</c>.</param>
    /// <param name="expectedVersion">The version of the configuration that must still be the newest; null accepts any version.</param>
    /// <param name="cancellationToken">Ends the wait; nothing is changed then.</param>
    /// <returns>False if there is no such provider.</returns>
    /// <exception cref="ConfigurationChangeException">The change was refused, with the reason.</exception>
    public async ValueTask<bool> ChangeProviderAsync(
        string name, ProviderChoice choice, string? who = null, long? expectedVersion = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(choice);
        if (FindProvider(name) is not { } found)
            return false;
        var options = Current.Options;
        // Uses the name in the configuration, which may be an alias of the provider.
        var written = options.Providers.Keys.FirstOrDefault(
            key => _providers.NameOf(options, key).Equals(found.Name, StringComparison.OrdinalIgnoreCase)) ?? found.Name;
        var settings = new JsonObject();
        Add(ProviderTuning.EnabledKey, choice.Enabled, OptionKind.Boolean);
        if (choice.Priority is { } priority)
            Add(ProviderTuning.PriorityKey, Math.Clamp(priority, 0, HighestPriority), OptionKind.Integer);
        if (choice.Weight is { } weight)
            Add(ProviderTuning.WeightKey, Math.Clamp(double.IsNaN(weight) ? 0 : weight, 0, 1), OptionKind.Number);
        if (settings.Count > 0)
        {
            var document = new JsonObject { ["providers"] = new JsonObject { [written] = settings } };
            await Configuration.UpdateAsync(document, who, expectedVersion, cancellationToken).ConfigureAwait(false);
        }

        return true;

        void Add(string key, object? value, OptionKind kind)
        {
            if (OptionText.Of(value, kind) is { } text)
                settings[key] = text;
        }
    }

    private ProviderInfo Describe(EngineSnapshot current, string name, ProviderOptions? written)
    {
        var entry = Registry.FindEntry(name);
        var tuning = current.Options.Tuned.FirstOrDefault(
            provider => _providers.NameOf(current.Options, provider.Key).Equals(name, StringComparison.OrdinalIgnoreCase)).Value;
        var descriptor = entry?.Descriptor ?? Registry.Catalog.Find(written?.Type ?? name)
            ?? new ProviderDescriptor { Name = name, Priority = ProviderDescriptor.UserDefinedPriority };
        var facts = entry?.Settings?.Facts ?? ProviderActivator.FactsOf(written);
        var price = current.Options.Prices.Models.GetValueOrDefault($"{name}/*") is { IsOfToolsAlone: false } found ? found : null;
        return new()
        {
            Name = name,
            Source = _providers.SourceOf(name, isNamed: written is not null),
            IsEnabled = (tuning?.Enabled ?? written?.Enabled) is not false,
            Priority = tuning?.Priority ?? written?.Priority ?? entry?.Settings?.Priority ?? descriptor.Priority,
            Weight = tuning?.Weight ?? written?.Weight ?? entry?.Settings?.Weight ?? 1,
            DisplayName = facts?.DisplayName ?? descriptor.Label,
            Description = facts?.Description ?? descriptor.Notes,
            Version = facts?.Version,
            CostPer1KInputTokens = price is null ? facts?.CostPer1KInputTokens : price.Input / 1000,
            CostPer1KOutputTokens = price is null ? facts?.CostPer1KOutputTokens : price.Output / 1000,
            MaxRequestsPerMinute = current.Options.Limits.GetValueOrDefault(name) is { } limit
                ? PerMinute(limit)
                : entry?.Settings?.MaxRequestsPerMinute,
            MaxTokensPerRequest = facts?.MaxTokensPerRequest,
            FirstTokenTimeout = written?.Timeout ?? entry?.Settings?.Timeout
                ?? Longer(descriptor.FirstTokenTimeout, current.Calls.Clocks.FirstTokenOf(reasons: false)),
            AttemptTimeout = written?.AttemptTimeout ?? entry?.Settings?.AttemptTimeout ?? current.Calls.Clocks.Attempt,
            Features = facts?.Features ?? descriptor.Features,
            Dialect = written?.Dialect ?? WireFormat(entry?.Provider, descriptor.Dialects[0]),
            Models = [.. entry?.Settings?.Models ?? written?.Models ?? [], .. descriptor.Models],
            Problem = Registry.LoadErrors.GetValueOrDefault(name),
            Provider = entry?.Provider,
        };
    }

    /// <summary>The longer of two times: the catalogue's of a slow provider never shortens the configured one.</summary>
    private static TimeSpan Longer(TimeSpan? slow, TimeSpan usual) =>
        slow is { } longer && longer > usual ? longer : usual;

    /// <summary>The wire format of a provider; null for one in process, which has none while it is disabled either.</summary>
    private static string? WireFormat(IProvider? provider, string dialect) =>
        provider is IChatClientProvider || dialect == DialectId.Canonical.Value ? null : dialect;

    /// <summary>What a limit allows in a minute, under either of its two names.</summary>
    private static long? PerMinute(LimitOptions limit) =>
        !limit.Enabled ? null
        : limit.Window == TimeSpan.FromMinutes(1) && limit.Requests is { } requests
            ? Math.Min(requests, limit.RequestsPerMinute ?? requests)
        : limit.RequestsPerMinute;
}
