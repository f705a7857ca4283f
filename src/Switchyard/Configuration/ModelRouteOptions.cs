using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>One model alias.</summary>
public sealed class ModelRouteOptions
{
    /// <summary>
    /// How a target is chosen among <see cref="Targets"/>: <c>priority</c> in the order written, <c>weighted</c> at random, in proportion
    /// to the weights.
    /// </summary>
    /// <value>The default is <c>priority</c>.</value>
    [ConfigurationKeyName("strategy"), KnownValues("priority", "weighted")]
    public string Strategy { get; set; } = "priority";

    /// <summary>
    /// The targets; at least one. In YAML a target may be written as plain text (<c>openai/gpt-4o</c>) or as <c>{ model: … }</c>.
    /// </summary>
    [ConfigurationKeyName("targets")]
    public List<TargetOptions> Targets { get; set; } = [];

    /// <summary>Targets tried, in order, when those above have failed before the first byte.</summary>
    [ConfigurationKeyName("fallback")]
    public List<TargetOptions> Fallback { get; set; } = [];
}

/// <summary>One target of an alias.</summary>
[Shorthand(nameof(Model))]
public sealed class TargetOptions
{
    /// <summary><c>provider/model</c>.</summary>
    [ConfigurationKeyName("model")]
    public string Model { get; set; } = "";

    /// <summary>Its share of the calls with strategy <c>weighted</c>, relative to the other targets'; greater than 0.</summary>
    /// <value>The default is 1.</value>
    [ConfigurationKeyName("weight")]
    public double Weight { get; set; } = 1;
}
