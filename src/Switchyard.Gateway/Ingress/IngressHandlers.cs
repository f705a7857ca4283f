using Microsoft.Extensions.Hosting;
using Switchyard.Dialects;
using Switchyard.Engine;
using Switchyard.Gateway.Ingress.Bodies;

namespace Switchyard.Gateway.Ingress;

/// <summary>Creates the handler of a path.</summary>
internal sealed class IngressHandlers(
    SwitchyardEngine engine,
    DialectSet dialects,
    RequestFailures failures,
    BodyPool bodies,
    TimeProvider time,
    IHostApplicationLifetime lifetime)
{
    private readonly IngressParts _parts = new(failures, new EarlyStream(time), bodies, lifetime.ApplicationStopping);

    public IngressHandler For(IngressPath path) => new(engine, dialects.Ingress(path.Dialect), path, _parts);
}

/// <summary>The objects that the handlers of all paths share.</summary>
/// <param name="Failures">Answers requests that ended with an exception.</param>
/// <param name="Early">Begins a stream before there is an answer.</param>
/// <param name="Bodies">The memory of request bodies.</param>
/// <param name="Stopping">Cancelled when the host begins to stop; it still accepts requests for a while.</param>
internal sealed record IngressParts(RequestFailures Failures, EarlyStream Early, BodyPool Bodies, CancellationToken Stopping);
