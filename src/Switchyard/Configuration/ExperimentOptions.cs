using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>An A/B test: the calls of an alias are shared out among variants, and what came of them is compared.</summary>
public sealed class ExperimentOptions
{
    /// <summary>
    /// Its name, in <c>GET /experiments</c> and in the header <c>x-switchyard-experiment</c>; null is the alias's. A new name begins a new
    /// experiment, in which callers may be assigned otherwise.
    /// </summary>
    [ConfigurationKeyName("name")]
    public string? Name { get; set; }

    /// <summary>The variants, at least two. The first is the control: each other one is compared with it.</summary>
    [ConfigurationKeyName("variants")]
    public List<VariantOptions> Variants { get; set; } = [];

    /// <summary>
    /// What stays with its variant: <c>conversation</c> (its beginning, up to the first message of the user), <c>end_user</c> (whom the
    /// client names), <c>caller</c> (the client key), or <c>call</c>: nothing, each call is assigned anew. A call without one is too.
    /// </summary>
    /// <value>The default is <c>conversation</c>.</value>
    [ConfigurationKeyName("sticky"), KnownValues("conversation", "end_user", "caller", "call")]
    public string Sticky { get; set; } = "conversation";

    /// <summary>
    /// What the verdict is about: <c>latency</c> to the end of the answer, <c>first_token</c> (of streams), <c>errors</c>, <c>cost</c>, or
    /// <c>feedback</c>. The others are compared too.
    /// </summary>
    /// <value>The default is <c>latency</c>.</value>
    [ConfigurationKeyName("metric"), KnownValues("latency", "first_token", "errors", "cost", "feedback")]
    public string Metric { get; set; } = "latency";

    /// <summary>
    /// The chance, over the whole experiment and however often it is looked at, that variants without a difference are called different.
    /// </summary>
    /// <value>The default is 5%.</value>
    [ConfigurationKeyName("alpha"), Percent]
    public double Alpha { get; set; } = 0.05;
}

/// <summary>One variant of an experiment.</summary>
public sealed class VariantOptions
{
    /// <summary>Its name; null is the target's.</summary>
    [ConfigurationKeyName("name")]
    public string? Name { get; set; }

    /// <summary>Where its calls go: <c>provider/model</c>. If it fails before the first byte, the alias's own targets are tried.</summary>
    [ConfigurationKeyName("target")]
    public string Target { get; set; } = "";

    /// <summary>
    /// Its share of the alias's calls. What the shares leave of 100% goes to the alias's own targets and is in no variant.
    /// </summary>
    [ConfigurationKeyName("share"), Percent]
    public double? Share { get; set; }
}
