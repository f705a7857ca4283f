namespace Switchyard.Targets;

/// <summary>
/// One callable target: a provider, the model id it knows, and one of its credentials. Immutable; made when a configuration's routes are
/// resolved, so that nothing on a call's way is looked up by name.
/// </summary>
public sealed class Deployment
{
    internal Deployment(string provider, string model, IDeploymentBinding binding, DeploymentState state)
    {
        Provider = provider;
        Model = model;
        Binding = binding;
        State = state;
    }

    /// <summary>The provider's name: <c>openai</c>.</summary>
    public string Provider { get; }

    /// <summary>The provider's own model id: <c>gpt-4o-mini</c>.</summary>
    public string Model { get; }

    /// <summary>Which of the provider's credentials it uses, counted from 1 as they are configured; 1 where there is only one.</summary>
    public int Credential { get; internal init; } = 1;

    /// <summary>Its share of the calls among the deployments of its group, relative to theirs.</summary>
    /// <value>The default is 1.</value>
    public double Weight { get; internal init; } = 1;

    /// <summary>What has happened to it. Shared by every configuration that has the same provider, model and credential.</summary>
    public DeploymentState State { get; }

    /// <summary>How its provider is reached.</summary>
    internal IDeploymentBinding Binding { get; }

    /// <summary><c>provider/model</c>, and the credential where it is not the first.</summary>
    public override string ToString() => Credential == 1 ? $"{Provider}/{Model}" : $"{Provider}/{Model} (credential {Credential})";
}

/// <summary>
/// What a deployment keeps of its provider. Implemented where providers are known (<c>Providers/Registry</c>), above this folder; only
/// <c>Egress</c> looks inside.
/// </summary>
internal interface IDeploymentBinding;
