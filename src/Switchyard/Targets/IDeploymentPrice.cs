using Switchyard.Canonical;

namespace Switchyard.Targets;

/// <summary>The price of a deployment's model. Immutable. Implemented by <c>Money</c>.</summary>
internal interface IDeploymentPrice
{
    /// <summary>Whether it can price a call.</summary>
    bool IsKnown => Of(1, 0, 1) is not null;

    /// <summary>The price of a call in US dollars; null if a required rate is unknown.</summary>
    /// <param name="input">The prompt's tokens, including those in the provider's cache.</param>
    /// <param name="cached">The prompt's tokens that the provider is expected to have in its cache.</param>
    /// <param name="output">The answer's tokens.</param>
    double? Of(long input, long cached, long output);

    /// <summary>The exact cost of reported tokens.</summary>
    /// <param name="usage">The counts that the provider reported, or an estimate of them.</param>
    /// <param name="why">The reason why there is no cost; <see cref="Unpriced.None"/> if there is one.</param>
    TokenCost CostOf(in TokenUsage usage, out Unpriced why);

    /// <summary>The maximum cost of a call, in nano-dollars; null if a required rate is unknown.</summary>
    /// <param name="input">An upper bound of the prompt's tokens.</param>
    /// <param name="output">An upper bound of the answer's tokens.</param>
    long? MostFor(long input, long output);

    /// <summary>The same at the most expensive service tier in which the call may run.</summary>
    /// <param name="input">An upper bound of the prompt's tokens.</param>
    /// <param name="output">An upper bound of the answer's tokens.</param>
    /// <param name="asked">The requested tier; null if the provider decides.</param>
    long? MostFor(long input, long output, string? asked) => MostFor(input, output);

    /// <summary>The maximum additional cost of the provider's tools, in nano-dollars; 0 if no fee is known.</summary>
    /// <param name="webSearches">The maximum number of web searches.</param>
    /// <param name="fileSearches">The maximum number of searches in files stored at the provider.</param>
    long MostForTools(long webSearches, long fileSearches) => 0;

    /// <summary>Whether a service tier has its own price.</summary>
    bool HasServiceTiers => false;

    /// <summary>The price of a service tier; this one if the tier has none.</summary>
    /// <param name="tier">The tier; null if unknown.</param>
    IDeploymentPrice At(string? tier) => this;

    /// <summary>The source of the price and the source's date.</summary>
    string Version { get; }
}
