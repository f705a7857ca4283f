using Aspire.Hosting.ApplicationModel;

namespace Switchyard.Aspire.Hosting;

/// <summary>
/// What an executable gateway is published as. It takes the executable's place in the model, and has the same annotations, so that what is
/// said to the one holds for the other.
/// </summary>
internal sealed class PublishedGateway(SwitchyardExecutableResource executable)
    : ContainerResource(executable.Name), IResourceWithConnectionString
{
    public override ResourceAnnotationCollection Annotations => executable.Annotations;

    public ReferenceExpression ConnectionStringExpression => executable.ConnectionStringExpression;
}
