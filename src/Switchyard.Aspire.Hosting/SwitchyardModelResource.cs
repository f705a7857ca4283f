namespace Aspire.Hosting.ApplicationModel;

/// <summary>
/// A model alias of a gateway. Its connection string is the gateway's with the alias as model, so that its client asks for that model.
/// </summary>
/// <param name="name">The resource's name, which is the alias.</param>
/// <param name="parent">The gateway.</param>
public sealed class SwitchyardModelResource(string name, ISwitchyardResource parent)
    : Resource(name), IResourceWithParent<ISwitchyardResource>, IResourceWithConnectionString
{
    /// <inheritdoc/>
    public ISwitchyardResource Parent { get; } = parent;

    /// <inheritdoc/>
    public ReferenceExpression ConnectionStringExpression =>
        ReferenceExpression.Create($"{Parent};Model={Name}");

    IEnumerable<KeyValuePair<string, ReferenceExpression>> IResourceWithConnectionString.GetConnectionProperties() =>
        [.. Parent.GetConnectionProperties(), new("ModelName", ReferenceExpression.Create($"{Name}"))];
}
