using Microsoft.Extensions.Logging;
using Switchyard.Dialects;
using Switchyard.Engine;

namespace Switchyard.Gateway.Ingress;

/// <summary>Creates the handler of a path.</summary>
internal sealed class IngressHandlers(
    SwitchyardEngine engine, DialectSet dialects, ILogger<IngressHandler> logger)
{
    public IngressHandler For(IngressPath path) => new(engine, dialects.Ingress(path.Dialect), path, logger);
}
