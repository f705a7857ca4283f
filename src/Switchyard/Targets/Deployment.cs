using Switchyard.Canonical;

namespace Switchyard.Targets;

/// <summary>
/// One callable target: a provider, a model id of that provider, and one of its credentials. Immutable but for what counts its calls.
/// Created when a route is resolved, with its provider found, so that an attempt looks nothing up by name.
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

    /// <summary>The weight of its share of the calls, relative to the other deployments of its group.</summary>
    /// <value>The default is 1.</value>
    public double Weight { get; internal init; } = 1;

    /// <summary>The priority of its provider, where the configuration names one: the highest is tried first.</summary>
    /// <value>The default is 0.</value>
    public int Priority { get; internal init; }

    /// <summary>The mutable counters. Shared by all configurations that have the same provider, model and credential.</summary>
    public DeploymentState State { get; }

    /// <summary>The health of its provider: one for all its deployments, and for all configurations that leave it as it is.</summary>
    public ProviderHealth Health { get; }

    /// <summary>What the configuration allows: tries, circuit, concurrency.</summary>
    internal DeploymentPolicy Policy { get; init; } = DeploymentPolicy.None;

    /// <summary>The most attempts that may run at once now; null for no bound.</summary>
    internal int? PlacesNow =>
        Policy.AdaptsConcurrency ? State.Adaptive.Within(Policy.Concurrency!.Value) : Policy.Concurrency;

    /// <summary>How much it may be asked for; null for no limit.</summary>
    internal IDeploymentLimits? Limits { get; init; }

    /// <summary>The states of all credentials of its provider, its own included; null where it is the only one.</summary>
    internal IReadOnlyList<AccountState>? Accounts { get; init; }

    /// <summary>The size of the model's context window in tokens; null when not known.</summary>
    internal int? ContextWindow { get; init; }

    /// <summary>The most tokens that the model generates in one answer; null when not known.</summary>
    internal int? MaxOutputTokens { get; init; }

    /// <summary>The model's price; null when not known.</summary>
    internal IDeploymentPrice? Price { get; init; }

    /// <summary>Whether the configuration prefers its provider to others (<c>routing.preferred</c>).</summary>
    internal bool IsPreferred { get; init; }

    /// <summary>What its calls are counted under; null before the first.</summary>
    internal IMeasures? Measures { get; set; }

    /// <summary>The provider in the registry.</summary>
    internal IDeploymentBinding Binding { get; }

    /// <summary><c>provider/model</c>, and the credential where it is not the first.</summary>
    public override string ToString() => Credential == 1 ? $"{Provider}/{Model}" : $"{Provider}/{Model} (credential {Credential})";
}

/// <summary>
/// A deployment's reference to its provider. Implemented by <c>ProviderBinding</c> in <c>Providers/Registry</c>, which this folder may not
/// use; <c>Egress</c> casts to that type.
/// </summary>
internal interface IDeploymentBinding;

/// <summary>How much a deployment may be asked for. Implemented by <c>Limits</c>, which this folder may not use; <c>Attempts</c>
/// casts.</summary>
internal interface IDeploymentLimits
{
    /// <summary>Whether a request would be let through at once.</summary>
    bool HasRoomAt(TimeSpan now);
}

/// <summary>What a deployment's model costs. Immutable. Implemented where prices are known, by <c>Money</c>.</summary>
internal interface IDeploymentPrice
{
    /// <summary>Whether it says what a call costs.</summary>
    bool IsKnown => Of(1, 0, 1) is not null;

    /// <summary>The price of a call in US dollars; null when a rate it needs is not known.</summary>
    /// <param name="input">The prompt's tokens, those in the provider's cache included.</param>
    /// <param name="cached">The prompt's tokens that the provider is expected to have in its cache.</param>
    /// <param name="output">The answer's tokens.</param>
    double? Of(long input, long cached, long output);

    /// <summary>What reported tokens cost, exactly.</summary>
    /// <param name="usage">The counts that the provider reported, or an estimate of them.</param>
    /// <param name="why">Why there is no cost; <see cref="Unpriced.None"/> where there is one.</param>
    TokenCost CostOf(in TokenUsage usage, out Unpriced why);

    /// <summary>The most that a call can cost, in nano-dollars; null when a rate it needs is not known.</summary>
    /// <param name="input">An upper bound of the prompt's tokens.</param>
    /// <param name="output">An upper bound of the answer's tokens.</param>
    long? MostFor(long input, long output);

    /// <summary>The same at the dearest service tier in which the call may be made.</summary>
    /// <param name="input">An upper bound of the prompt's tokens.</param>
    /// <param name="output">An upper bound of the answer's tokens.</param>
    /// <param name="asked">The tier that it asks for; null where it leaves that to the provider.</param>
    long? MostFor(long input, long output, string? asked) => MostFor(input, output);

    /// <summary>The most that uses of the provider's tools can cost beside that, in nano-dollars; 0 where no fee is known.</summary>
    /// <param name="webSearches">The most searches of the web.</param>
    /// <param name="fileSearches">The most searches of files that the provider keeps.</param>
    long MostForTools(long webSearches, long fileSearches) => 0;

    /// <summary>Whether a service tier has a price of its own.</summary>
    bool HasServiceTiers => false;

    /// <summary>The price of a service tier; this one where it has none of its own.</summary>
    /// <param name="tier">The tier; null where none is known.</param>
    IDeploymentPrice At(string? tier) => this;

    /// <summary>Where the price comes from: its source and the source's date.</summary>
    string Version { get; }
}
