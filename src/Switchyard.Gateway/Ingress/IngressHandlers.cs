using Switchyard.Dialects;
using Switchyard.Engine;

namespace Switchyard.Gateway.Ingress;

/// <summary>Creates the handler of a path.</summary>
internal sealed class IngressHandlers(SwitchyardEngine engine, DialectSet dialects, Refusals refusals, TimeProvider time)
{
    private readonly EarlyStream _early = new(time);

    public IngressHandler For(IngressPath path) => new(engine, dialects.Ingress(path.Dialect), path, refusals, _early);
}
