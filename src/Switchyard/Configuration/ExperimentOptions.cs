using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>An A/B test: the calls of an alias are divided among variants, and their results are compared.</summary>
public sealed class ExperimentOptions
{
    /// <summary>
    /// Its name, in <c>GET /experiments</c> and in the header <c>x-switchyard-experiment</c>; null takes the alias's. A new name begins
    /// a new experiment, in which callers may be assigned differently.
    /// </summary>
    [ConfigurationKeyName("name")]
    public string? Name { get; set; }

    /// <summary>The variants, at least two. The first is the control: every other one is compared with it.</summary>
    [ConfigurationKeyName("variants")]
    public List<VariantOptions> Variants { get; set; } = [];

    /// <summary>
    /// What stays with its variant: <c>conversation</c> (its beginning, up to the first message of the user), <c>end_user</c> (named by
    /// the client), <c>caller</c> (the client key), or <c>call</c>: each call is assigned anew. So is a call without the chosen one.
    /// </summary>
    /// <value>The default is <c>conversation</c>.</value>
    [ConfigurationKeyName("sticky"), KnownValues("conversation", "end_user", "caller", "call")]
    public string Sticky { get; set; } = "conversation";

    /// <summary>
    /// The metric of the verdict: <c>latency</c> to the end of the answer, <c>first_token</c> (of streams), <c>errors</c>, <c>cost</c>, or
    /// <c>feedback</c>. The others are compared too.
    /// </summary>
    /// <value>The default is <c>latency</c>.</value>
    [ConfigurationKeyName("metric"), KnownValues("latency", "first_token", "errors", "cost", "feedback")]
    public string Metric { get; set; } = "latency";

    /// <summary>
    /// The probability, over the whole experiment and any number of looks, that variants without a difference are reported as different.
    /// </summary>
    /// <value>The default is 5%.</value>
    [ConfigurationKeyName("alpha"), Percent]
    public double Alpha { get; set; } = 0.05;
}

/// <summary>One variant of an experiment.</summary>
public sealed class VariantOptions
{
    /// <summary>Its name; null takes the target's.</summary>
    [ConfigurationKeyName("name")]
    public string? Name { get; set; }

    /// <summary>Its target: <c>provider/model</c>. If it fails before the first byte, the alias's own targets are tried.</summary>
    [ConfigurationKeyName("target")]
    public string Target { get; set; } = "";

    /// <summary>
    /// Its share of the alias's calls. The rest up to 100% goes to the alias's own targets and is in no variant.
    /// </summary>
    [ConfigurationKeyName("share"), Percent]
    public double? Share { get; set; }
}
