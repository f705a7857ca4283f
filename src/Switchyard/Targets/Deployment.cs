using Switchyard.Canonical;

namespace Switchyard.Targets;

/// <summary>
/// One callable target: a provider, a model id of that provider, and one of its credentials. Immutable except for its counters. Created
/// when a route is resolved, with its provider found, so that an attempt looks nothing up by name.
/// </summary>
public sealed class Deployment
{
    internal Deployment(
        string provider, string model, IDeploymentBinding binding, DeploymentState state, ProviderHealth? health = null)
    {
        Provider = provider;
        Model = model;
        Binding = binding;
        State = state;
        Health = health ?? new ProviderHealth(provider);
    }

    /// <summary>The provider's name: <c>openai</c>.</summary>
    public string Provider { get; }

    /// <summary>The provider's own model id: <c>gpt-4o-mini</c>.</summary>
    public string Model { get; }

    /// <summary>The number of the provider's credential it uses, counted from 1 in the order they are configured.</summary>
    public int Credential { get; internal init; } = 1;

    /// <summary>Its weight, relative to the other deployments of its group.</summary>
    /// <value>The default is 1.</value>
    public double Weight { get; internal init; } = 1;

    /// <summary>The configured priority of its provider: the highest is tried first.</summary>
    /// <value>The default is 0.</value>
    public int Priority { get; internal init; }

    /// <summary>The mutable counters. Shared by all configurations that have the same provider, model and credential.</summary>
    public DeploymentState State { get; }

    /// <summary>
    /// The health of its provider: one for all its deployments, and for all configurations that keep the provider unchanged.
    /// </summary>
    public ProviderHealth Health { get; }

    /// <summary>The configured policy: attempts, circuit, concurrency.</summary>
    internal DeploymentPolicy Policy { get; init; } = DeploymentPolicy.None;

    /// <summary>The current maximum of concurrent attempts; null for no limit.</summary>
    internal int? PlacesNow =>
        Policy.AdaptsConcurrency ? State.Adaptive.Within(Policy.Concurrency!.Value) : Policy.Concurrency;

    /// <summary>Its limits; null for none.</summary>
    internal IDeploymentLimits? Limits { get; init; }

    /// <summary>The states of all credentials of its provider, including its own; null if it is the only one.</summary>
    internal IReadOnlyList<AccountState>? Accounts { get; init; }

    /// <summary>The size of the model's context window in tokens; null if unknown.</summary>
    internal int? ContextWindow { get; init; }

    /// <summary>The maximum number of tokens that the model generates in one answer; null if unknown.</summary>
    internal int? MaxOutputTokens { get; init; }

    /// <summary>The model's price; null if unknown.</summary>
    internal IDeploymentPrice? Price { get; init; }

    /// <summary>Whether the configuration prefers its provider to others (<c>routing.preferred</c>).</summary>
    internal bool IsPreferred { get; init; }

    /// <summary>The metric series of its calls; null before the first.</summary>
    internal IMeasures? Measures { get; set; }

    /// <summary>The provider in the registry.</summary>
    internal IDeploymentBinding Binding { get; }

    /// <summary><c>provider/model</c>, and the credential if it is not the first.</summary>
    public override string ToString() => Credential == 1 ? $"{Provider}/{Model}" : $"{Provider}/{Model} (credential {Credential})";
}

/// <summary>
/// A deployment's reference to its provider. Implemented by <c>ProviderBinding</c> in <c>Providers/Registry</c>, which this folder may not
/// use; <c>Egress</c> casts to that type.
/// </summary>
internal interface IDeploymentBinding;

/// <summary>The limits of a deployment. Implemented by <c>Limits</c>, which this folder may not use; <c>Attempts</c> casts.</summary>
internal interface IDeploymentLimits
{
    /// <summary>Whether a request would be accepted at once.</summary>
    bool HasRoomAt(TimeSpan now);
}

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
