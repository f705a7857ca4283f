using Aspire.Hosting.ApplicationModel;

namespace Switchyard.Aspire.Hosting;

/// <summary>
/// The container that an executable gateway is published as. It takes the executable's place in the model and shares its annotations, so
/// that settings of the executable apply to the container.
/// </summary>
internal sealed class PublishedGateway(SwitchyardExecutableResource executable)
    : ContainerResource(executable.Name), IResourceWithConnectionString
{
    public override ResourceAnnotationCollection Annotations => executable.Annotations;

    public ReferenceExpression ConnectionStringExpression => executable.ConnectionStringExpression;
}
