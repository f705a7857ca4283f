using Switchyard.Aspire.Hosting;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>A gateway in a container. Its connection string is <c>Endpoint=…/v1;Key=…</c>.</summary>
/// <param name="name">The resource's name.</param>
/// <param name="clientKey">The key that applications send.</param>
/// <param name="adminKey">The key of the admin API and of the dashboard.</param>
public sealed class SwitchyardResource(string name, ParameterResource clientKey, ParameterResource adminKey)
    : ContainerResource(name), ISwitchyardResource
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
