using Microsoft.AspNetCore.Http;
using Switchyard.Calls;
using Switchyard.Common;
using Switchyard.Dialects;
using Switchyard.Engine;
using Switchyard.Gateway.Ingress;

namespace Switchyard.Gateway.Explaining;

/// <summary>Asks the engine where a request would go now: for the endpoint, and for the dashboard's page.</summary>
internal static class RouteQuestion
{
    /// <summary>Asks.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="dialects">The formats a body may have.</param>
    /// <param name="snapshot">The configuration that decides; the calling code holds it.</param>
    /// <param name="http">The request that asks: <c>?model=</c> and <c>?seed=</c>, and headers that affect the decision.</param>
    /// <param name="body">The body, in any client format. The calling code releases it.</param>
    /// <param name="caller">The caller of the request to explain.</param>
    /// <param name="cancellationToken">Ends the wait for a list of models.</param>
    /// <exception cref="CallException">The body cannot be read, or there is no such model.</exception>
    public static async Task<(string Model, CallDecision Decision)> AskAsync(
        SwitchyardEngine engine,
        DialectSet dialects,
        CallSnapshot snapshot,
        HttpRequest http,
        PooledBytes body,
        Caller caller,
        CancellationToken cancellationToken)
    {
        var asked = AskedRequest.Read(http, body.Memory.Span);
        var dialect = dialects.Ingress(asked.Dialect);
        var envelope = asked.IsModelOnly
            ? new CallEnvelope { Operation = asked.Operation, Model = asked.Model! }
            : dialect.ReadEnvelope(asked.ToRequest(http, dialect), body.Memory.Span);
        var request = new CallRequest(envelope, CallBody.FromWire(dialect, envelope, body))
        {
            Caller = caller,
            AffinityHeaders = RequestHeaders.AffinityOf(http, snapshot),
            Snapshot = snapshot,
        };
        return (envelope.Model, await engine.ExplainAsync(request, asked.Seed, cancellationToken));
    }
}
