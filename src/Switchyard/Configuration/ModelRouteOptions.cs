using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>One model alias.</summary>
public sealed class ModelRouteOptions
{
    /// <summary>
    /// How a target is chosen among <see cref="Targets"/>: <c>priority</c> (the highest <c>priority</c> configured for their providers,
    /// then the order written), <c>cost</c>, <c>performance</c>, <c>round-robin</c>, <c>weighted</c> (at random, in proportion to the
    /// weights), <c>least-busy</c> or <c>manual</c>; null takes <c>routing.strategy</c>.
    /// </summary>
    [ConfigurationKeyName("strategy")]
    [KnownValues("priority", "cost", "performance", "round-robin", "weighted", "least-busy", "manual")]
    public string? Strategy { get; set; }

    /// <summary>Of the strategy <c>manual</c>: the target tried first, <c>provider/model</c> or a provider's name.</summary>
    [ConfigurationKeyName("selected")]
    public string? Selected { get; set; }

    /// <summary>
    /// The targets; at least one. In YAML a target may be written as plain text (<c>openai/gpt-4o</c>) or as <c>{ model: … }</c>.
    /// </summary>
    [ConfigurationKeyName("targets")]
    public List<TargetOptions> Targets { get; set; } = [];

    /// <summary>Targets tried, in order, when those above have failed before the first byte.</summary>
    [ConfigurationKeyName("fallback")]
    public List<TargetOptions> Fallback { get; set; } = [];

    /// <summary>
    /// Refusals after which another target is tried, beside what is always tried again: <c>context_length</c> (a larger window),
    /// <c>content_policy</c>, <c>model_not_found</c>.
    /// </summary>
    [ConfigurationKeyName("fall_back_on"), KnownValues("context_length", "content_policy", "model_not_found")]
    public List<string> FallBackOn { get; set; } = [];

    /// <summary>How often one target is tried again, by what failed.</summary>
    [ConfigurationKeyName("retries")]
    public RouteRetryOptions Retries { get; set; } = new();

    /// <summary>An A/B test among targets; null without one.</summary>
    [ConfigurationKeyName("experiment")]
    public ExperimentOptions? Experiment { get; set; }

    /// <summary>The target to which a share of the calls is copied; null without one.</summary>
    [ConfigurationKeyName("shadow")]
    public ShadowOptions? Shadow { get; set; }
}

/// <summary>One target of an alias.</summary>
[Shorthand(nameof(Model))]
public sealed class TargetOptions
{
    /// <summary><c>provider/model</c>.</summary>
    [ConfigurationKeyName("model")]
    public string Model { get; set; } = "";

    /// <summary>
    /// Its share of the calls with strategy <c>weighted</c>, and its capacity with <c>least-busy</c>, relative to the other targets'; not
    /// negative.
    /// </summary>
    /// <value>The default is 1.</value>
    [ConfigurationKeyName("weight")]
    public double Weight { get; set; } = 1;
}
