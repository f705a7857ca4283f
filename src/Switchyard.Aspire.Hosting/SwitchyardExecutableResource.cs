using Switchyard.Aspire.Hosting;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>A gateway as a process of this machine, for development without a container engine. It is published as a container.</summary>
/// <param name="name">The resource's name.</param>
/// <param name="command">The command that starts it.</param>
/// <param name="workingDirectory">The directory that it is started in.</param>
/// <param name="clientKey">The key that applications send.</param>
/// <param name="adminKey">The key of the admin API and of the dashboard.</param>
public sealed class SwitchyardExecutableResource(
    string name, string command, string workingDirectory, ParameterResource clientKey, ParameterResource adminKey)
    : ExecutableResource(name, command, workingDirectory), ISwitchyardResource
{
    private readonly GatewaySettings _settings = new();

    /// <inheritdoc/>
    public ParameterResource ClientKey { get; } = clientKey;

    /// <inheritdoc/>
    public ParameterResource AdminKey { get; } = adminKey;

    /// <inheritdoc/>
    public EndpointReference PrimaryEndpoint => field ??= new(this, GatewayReference.EndpointName);

    /// <inheritdoc/>
    public ReferenceExpression UriExpression => GatewayReference.Uri(this);

    /// <inheritdoc/>
    public ReferenceExpression ConnectionStringExpression => GatewayReference.String(this);

    GatewaySettings ISwitchyardResource.Settings => _settings;
}
