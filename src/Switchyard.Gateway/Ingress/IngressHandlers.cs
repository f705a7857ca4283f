using Microsoft.Extensions.Logging;
using Switchyard.Calls;
using Switchyard.Dialects;
using Switchyard.Gateway.Security;

namespace Switchyard.Gateway.Ingress;

/// <summary>Makes the handler of a dialect and operation.</summary>
internal sealed class IngressHandlers(
    SwitchyardEngine engine, DialectSet dialects, ClientKeys keys, ILogger<IngressHandler> logger)
{
    public IngressHandler For(DialectId dialect, CallOperation operation) =>
        new(engine, dialects.Ingress(dialect), operation, keys, logger);
}
