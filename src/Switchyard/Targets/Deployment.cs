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

    /// <summary>Whether an attempt may be refused, or have to wait, by a concurrency limit or by <see cref="Limits"/>.</summary>
    internal bool IsLimited => Policy.Concurrency is not null || Limits is not null;

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
