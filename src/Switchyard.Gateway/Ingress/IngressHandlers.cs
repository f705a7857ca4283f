using Microsoft.Extensions.Logging;
using Switchyard.Dialects;
using Switchyard.Engine;
using Switchyard.Gateway.Ingress.Bodies;

namespace Switchyard.Gateway.Ingress;

/// <summary>Creates the handler of a path.</summary>
internal sealed class IngressHandlers(
    SwitchyardEngine engine, DialectSet dialects, Refusals refusals, BodyPool bodies, TimeProvider time, ILogger<IngressHandler> logger)
{
    private readonly IngressParts _parts = new(refusals, new EarlyStream(time), bodies, logger);

    public IngressHandler For(IngressPath path) => new(engine, dialects.Ingress(path.Dialect), path, _parts);
}

/// <summary>The objects that the handlers of all paths share.</summary>
/// <param name="Refusals">Answers requests that never become a call.</param>
/// <param name="Early">Begins a stream before there is an answer.</param>
/// <param name="Bodies">The memory of request bodies.</param>
/// <param name="Logger">Their log.</param>
internal sealed record IngressParts(Refusals Refusals, EarlyStream Early, BodyPool Bodies, ILogger Logger);
