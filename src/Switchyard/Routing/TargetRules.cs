using Switchyard.Configuration;
using Switchyard.Limits;
using Switchyard.Models;
using Switchyard.Money;
using Switchyard.Providers;
using Switchyard.Targets;

namespace Switchyard.Routing;

/// <summary>The rules of a configuration for all targets: attempts, circuit, queues, prices, and preferred providers. Immutable.</summary>
internal sealed class TargetRules
{
    private readonly HashSet<string> _preferred;
    private readonly DeploymentPolicy _policy;
    private readonly PriceTable _prices;
    private readonly TimeProvider _time;

    // The day on which the configuration was applied.
    private readonly DateOnly _today;

    private TargetRules(
        DeploymentPolicy policy, IEnumerable<string> preferred, PriceTable prices, LimitTable limits, TimeProvider time, DateOnly today)
    {
        Limits = limits;
        _policy = policy;
        _prices = prices;
        _time = time;
        _today = today;
        _preferred = preferred.ToHashSet(StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>The limits.</summary>
    public LimitTable Limits { get; }

    /// <summary>Reads the rules of a configuration.</summary>
    /// <param name="options">The configuration.</param>
    /// <param name="limits">Its limits.</param>
    /// <param name="nameOf">Maps a provider's configured name to the name it is registered under.</param>
    /// <param name="time">The clock, by which announced prices come into force.</param>
    public static TargetRules Of(SwitchyardOptions options, LimitTable limits, Func<string, string> nameOf, TimeProvider time)
    {
        var today = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
        var prices = PriceTable.Of(options.Prices, nameOf, today);
        return new(PolicyOf(options), options.Routing.Preferred.Select(nameOf), prices, limits, time, today);
    }

    /// <summary>The configured price of a provider's model; null if none.</summary>
    public ModelPricing? ConfiguredPriceOf(string provider, string model) => _prices.Find(provider, model);

    /// <summary>
    /// The price of a provider's model: the configured one, else the catalogue's, else the one declared at registration for all its models;
    /// null if unknown.
    /// </summary>
    public IDeploymentPrice? PriceOf(string provider, string model, ModelInfo? known, ProviderFacts? facts)
    {
        if (ConfiguredPriceOf(provider, model) is { } configured)
            return Made(configured);
        if (known?.PriceOn(_today) is { } listed)
            return DatedPrice.Of(listed, [.. known.Prices.Where(price => price.From > _today)], Made, _time);
        return PriceOf(facts) is { } declared ? Made(declared) : null;

        ModelPrice Made(ModelPricing pricing) => new(
            _prices.WithTools(pricing, provider, model),
            isOfInputAlone: known?.Kind is ModelKind.Embedding or ModelKind.Rerank);
    }

    private ModelPricing? PriceOf(ProviderFacts? facts) => facts?.PerMillion is not var (input, output) ? null : new()
    {
        Source = new ModelSource { Name = "the provider's registration", Date = _today },
        Rates = new ModelRates { Input = input, Output = output },
    };

    /// <summary>The policy of a provider's deployments.</summary>
    /// <param name="settings">Its settings; null if it is a class that is not created yet.</param>
    /// <param name="known">Its descriptor; null if unknown.</param>
    public DeploymentPolicy PolicyOf(ProviderSettings? settings, ProviderDescriptor? known)
    {
        var drains = settings?.Drains ?? known?.BillsAbandoned ?? false;
        return settings switch
        {
            null or { MaxRetries: null, Concurrency: null, AdaptiveConcurrency: false } when !drains => _policy,
            null => _policy with { Drains = drains },
            _ => _policy with
            {
                Attempts = settings.MaxRetries + 1 ?? _policy.Attempts,
                Concurrency = settings.Concurrency ?? (settings.AdaptiveConcurrency ? AdaptiveLimit.DefaultMaximum : null),
                AdaptsConcurrency = settings.AdaptiveConcurrency,
                Drains = drains,
            },
        };
    }

    /// <summary>The limits of a provider's model; null if none.</summary>
    public IDeploymentLimits? LimitsOf(string provider, string model, ProviderSettings? settings) =>
        Limits.Of(provider, model, settings?.MaxRequestsPerMinute);

    /// <summary>Whether a provider is preferred. Without <c>routing.preferred</c> all are.</summary>
    public bool IsPreferred(string provider) => _preferred.Count == 0 || _preferred.Contains(provider);

    private static DeploymentPolicy PolicyOf(SwitchyardOptions options) => new()
    {
        Attempts = options.Retry.Attempts,
        Circuit = !options.Circuit.Enabled ? null : new CircuitPolicy
        {
            Failures = options.Circuit.Failures,
            Ratio = options.Circuit.Ratio,
            Minimum = options.Circuit.Minimum,
            Window = options.Circuit.Window,
            Open = options.Circuit.Open,
        },
        Queue = options.Routing.Queue,
        QueueWait = options.Routing.QueueWait,
    };
}
