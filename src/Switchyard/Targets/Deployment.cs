namespace Switchyard.Targets;

/// <summary>
/// One callable target: a provider, a model id of that provider, and one of its credentials. Immutable. Created when a route is resolved,
/// with its provider found, so that an attempt looks nothing up by name.
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

    /// <summary>The mutable counters. Shared by all configurations that have the same provider, model and credential.</summary>
    public DeploymentState State { get; }

    /// <summary>The health of its provider: one for all its deployments, and for all configurations that leave it as it is.</summary>
    public ProviderHealth Health { get; }

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
