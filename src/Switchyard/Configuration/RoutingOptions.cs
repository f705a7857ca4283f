using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>The choice of a target: for bare model names that several providers serve, and as the default of aliases.</summary>
public sealed class RoutingOptions
{
    /// <summary>
    /// The strategy: <c>priority</c>, <c>cost</c>, <c>performance</c>, <c>round-robin</c>, <c>weighted</c>, <c>least-busy</c> or
    /// <c>manual</c>.
    /// </summary>
    /// <value>The default is <c>priority</c>.</value>
    [ConfigurationKeyName("strategy")]
    [KnownStrategies]
    public string Strategy { get; set; } = "priority";

    /// <summary>For the strategy <c>manual</c>: the provider whose targets are tried first.</summary>
    [ConfigurationKeyName("selected")]
    public string? Selected { get; set; }

    /// <summary>Names of providers whose targets come before all others.</summary>
    [ConfigurationKeyName("preferred")]
    public List<string> Preferred { get; set; } = [];

    /// <summary>Whether another target is tried if one has failed before the first byte.</summary>
    /// <value>The default is true.</value>
    [ConfigurationKeyName("fallback")]
    public bool Fallback { get; set; } = true;

    /// <summary>
    /// Whether the chain's other enabled providers, with a model of the same id, are tried after a failed provider of the built-in chain,
    /// if a request goes to that provider alone.
    /// </summary>
    /// <value>The default is false.</value>
    [ConfigurationKeyName("failover")]
    public bool Failover { get; set; }

    /// <summary>The most further targets that are tried after the first.</summary>
    /// <value>The default is 3.</value>
    [ConfigurationKeyName("max_fallbacks")]
    public int MaxFallbacks { get; set; } = 3;

    /// <summary>
    /// The model name in answers: <c>served</c>, the name with which the provider answers, or <c>requested</c>, the name in the client's
    /// request, which some clients compare. The header <c>x-switchyard-model</c> names the model that was called in any case.
    /// </summary>
    /// <value>The default is <c>served</c>.</value>
    [ConfigurationKeyName("answer_model"), KnownValues("served", "requested")]
    public string AnswerModel { get; set; } = "served";

    /// <summary>The most calls that run at once, over all providers; null for no bound.</summary>
    [ConfigurationKeyName("concurrency")]
    public int? Concurrency { get; set; }

    /// <summary>The most calls that wait for a place, in each queue: the one of all calls, and the one of a provider's
    /// <c>concurrency</c>.</summary>
    /// <value>The default is 100.</value>
    [ConfigurationKeyName("queue")]
    public int Queue { get; set; } = 100;

    /// <summary>How long a call waits for a place.</summary>
    /// <value>The default is 10 seconds.</value>
    [ConfigurationKeyName("queue_wait")]
    public TimeSpan QueueWait { get; set; } = TimeSpan.FromSeconds(10);
}
