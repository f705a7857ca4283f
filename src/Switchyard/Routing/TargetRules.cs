using Switchyard.Configuration;
using Switchyard.Models;
using Switchyard.Targets;

namespace Switchyard.Routing;

/// <summary>What a configuration says of all targets alike: tries, circuit, queues, and which providers are preferred. Immutable.</summary>
internal sealed class TargetRules
{
    private readonly HashSet<string> _preferred;
    private readonly DeploymentPolicy _policy;

    private TargetRules(DeploymentPolicy policy, IEnumerable<string> preferred, TimeProvider time)
    {
        _policy = policy;
        Today = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
        _preferred = preferred.ToHashSet(StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>Reads the rules of a configuration.</summary>
    public static TargetRules Of(SwitchyardOptions options, TimeProvider time) => new(
        new DeploymentPolicy
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
        },
        options.Routing.Preferred,
        time);

    /// <summary>The day on which the configuration came into force: prices are those of that day.</summary>
    public DateOnly Today { get; }

    /// <summary>The policy of a provider's deployments.</summary>
    public DeploymentPolicy PolicyOf(int? maxRetries, int? concurrency) => maxRetries is null && concurrency is null
        ? _policy
        : _policy with { Attempts = maxRetries + 1 ?? _policy.Attempts, Concurrency = concurrency };

    /// <summary>Whether a provider comes before others. Where none is preferred, none comes after.</summary>
    public bool IsPreferred(string provider) => _preferred.Count == 0 || _preferred.Contains(provider);
}

/// <summary>The price of a model, from the catalogue.</summary>
internal sealed class CataloguePrice(ModelPricing pricing) : IDeploymentPrice
{
    private const double Million = 1e6;

    public double? Of(long input, long cached, long output)
    {
        var rates = pricing.RatesFor(input);
        if (pricing.Unit != PriceUnit.Tokens || rates.Input is not { } inRate || rates.Output is not { } outRate)
            return null;
        var known = Math.Min(cached, input);
        return (((input - known) * (double)inRate) + (known * (double)(rates.CacheRead ?? inRate)) + (output * (double)outRate)) / Million;
    }
}
