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
    [KnownStrategies]
    public string? Strategy { get; set; }

    /// <summary>For the strategy <c>manual</c>: the target tried first, <c>provider/model</c> or a provider's name.</summary>
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
    /// Refusals after which another target is tried, in addition to failures that are always retried: <c>context_length</c> (a larger
    /// window), <c>content_policy</c>, <c>model_not_found</c>.
    /// </summary>
    [ConfigurationKeyName("fall_back_on"), KnownValues("context_length", "content_policy", "model_not_found")]
    public List<string> FallBackOn { get; set; } = [];

    /// <summary>How often one target is tried again, by the kind of failure.</summary>
    [ConfigurationKeyName("retries")]
    public RouteRetryOptions Retries { get; set; } = new();

    /// <summary>An A/B test among targets; null without one.</summary>
    [ConfigurationKeyName("experiment")]
    public ExperimentOptions? Experiment { get; set; }

    /// <summary>Which of its calls stay with one target, to use its prompt cache; null for none.</summary>
    [ConfigurationKeyName("affinity")]
    public AffinityOptions? Affinity { get; set; }

    /// <summary>Its own cache settings; null for none.</summary>
    [ConfigurationKeyName("cache")]
    public ModelCacheOptions? Cache { get; set; }

    /// <summary>The target to which a share of the calls is copied; null without one.</summary>
    [ConfigurationKeyName("shadow")]
    public ShadowOptions? Shadow { get; set; }

    /// <summary>Calls another target if one is slow; null, the default, never does.</summary>
    [ConfigurationKeyName("hedge")]
    public HedgeOptions? Hedge { get; set; }

    /// <summary>
    /// Holds back the beginning of streams, so that another target can be tried if one breaks off early; null, the default, does not.
    /// </summary>
    [ConfigurationKeyName("buffer")]
    public StreamBufferOptions? Buffer { get; set; }

    /// <summary>
    /// The model name in its answers: <c>served</c>, the name with which the provider answers, or <c>requested</c>, the client's; null
    /// takes <c>routing.answer_model</c>.
    /// </summary>
    [ConfigurationKeyName("answer_model"), KnownValues("served", "requested")]
    public string? AnswerModel { get; set; }

    /// <summary>Whether its calls are recorded, if <c>recording</c> sets a folder.</summary>
    /// <value>The default is false.</value>
    [ConfigurationKeyName("record")]
    public bool Record { get; set; }

    /// <summary>
    /// Whether another target continues a chat stream that breaks off. Streams are then decoded and encoded again, not forwarded.
    /// </summary>
    /// <value>The default is false.</value>
    [ConfigurationKeyName("continuation")]
    public bool Continuation { get; set; }
}

/// <summary>When another target is called in parallel with a slow one, and how often.</summary>
public sealed class HedgeOptions
{
    /// <summary>
    /// When a target is slow: a duration (<c>800ms</c>), or a percentile of its own recent latencies (<c>p50</c> to <c>p99</c>), of first
    /// tokens for streams and of whole answers otherwise. Until 20 of them are known, none is slow by a percentile.
    /// </summary>
    /// <value>The default is <c>p95</c>.</value>
    [ConfigurationKeyName("after")]
    public string After { get; set; } = "p95";

    /// <summary>The share of the alias's calls that may be hedged.</summary>
    /// <value>The default is 5%.</value>
    [ConfigurationKeyName("max"), Percent]
    public double Max { get; set; } = 0.05;
}

/// <summary>How much of a stream is held back: until either bound is reached.</summary>
public sealed class StreamBufferOptions
{
    /// <summary>The number of chunks, from 1 to 1000. One is a token with most providers.</summary>
    [ConfigurationKeyName("chunks")]
    public int? Chunks { get; set; }

    /// <summary>The time after the first chunk, from 1ms to 30s; null, the default, takes 30s.</summary>
    [ConfigurationKeyName("time")]
    public TimeSpan? Time { get; set; }
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
