using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Switchyard.Calls;
using Switchyard.Common;
using Switchyard.Dialects;
using Switchyard.Engine;
using Switchyard.Gateway.Explaining;

namespace Switchyard.Dashboard.Pages.Explain;

/// <summary>Explains which target a request would go to, as <c>POST /route/explain</c> does. Calls no provider. Thread-safe.</summary>
internal sealed class ExplainReader(SwitchyardEngine engine, DialectSet dialects)
{
    /// <summary>Explains a request.</summary>
    /// <param name="model">The model; empty to take the one in the request.</param>
    /// <param name="request">A request body of any client format; empty for the model alone.</param>
    /// <param name="seed">The seed of a decision to repeat; null draws one.</param>
    /// <exception cref="CallException">There is no such model, or the request cannot be read.</exception>
    public async Task<CallDecision> ReadAsync(string model, string request, long? seed)
    {
        using var held = engine.Hold();
        var http = new DefaultHttpContext().Request;
        Dictionary<string, string?> query = [];
        if (model.Trim() is { Length: > 0 } named)
            query["model"] = named;
        if (seed is { } known)
            query["seed"] = known.ToString(CultureInfo.InvariantCulture);
        http.QueryString = QueryString.Create(query);
        var body = PooledBytes.Owned(Encoding.UTF8.GetBytes(request.Trim() is { Length: > 0 } written ? written : "{}"));
        var (_, decision) = await RouteQuestion.AskAsync(
            engine, dialects, held.Snapshot, http, body, Caller.Anonymous, CancellationToken.None);
        return decision;
    }
}
