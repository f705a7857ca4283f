using Switchyard.Canonical;
using Switchyard.Targets;

namespace Switchyard.Calls;

/// <summary>Resolves a model name to a route. Thread-safe.</summary>
internal interface IModelResolver
{
    /// <summary>
    /// Finds the route of an alias, of <c>provider/model</c> or of a bare model name. Completes at once, and allocates nothing for a name
    /// that was found before; only a bare name that nobody is known to serve waits for the providers' lists of models.
    /// </summary>
    ValueTask<RouteResult> ResolveAsync(string model, CallOperation operation, CancellationToken cancellationToken);

    /// <summary>
    /// A route to one target, <c>provider/model</c>, never an alias of that name; null when its provider is not enabled, or its
    /// price is not known and has to be.
    /// </summary>
    Route? FindTarget(string target) => null;

    /// <summary>
    /// Why a provider that the client named apart from the model is not asked: the name cannot be one, there is none, or it cannot be
    /// used. Null when it can.
    /// </summary>
    /// <param name="provider">The name.</param>
    /// <param name="model">The model of the call, which is the provider's name where the client named no model.</param>
    CallError? ExplainProvider(string provider, string model) => null;

    /// <summary>The enabled providers that serve an operation, by descending priority.</summary>
    IReadOnlyList<string> Serving(CallOperation operation) => [];
}

/// <summary>A route, or the error when there is none. Exactly one of the two is not null.</summary>
internal readonly record struct RouteResult
{
    private RouteResult(Route? route, CallError? error) => (Route, Error) = (route, error);

    /// <summary>Where the call goes. With an error, the route of an alias of whose targets none can be used: it is listed.</summary>
    public Route? Route { get; }

    /// <summary>The error, whose message suggests similar names.</summary>
    public CallError? Error { get; }

    /// <summary>A route that is there, and the reason why it leads nowhere.</summary>
    public static RouteResult Unusable(Route route, CallError reason) => new(route, reason);

    public static implicit operator RouteResult(Route route) => new(route, null);

    public static implicit operator RouteResult(CallError error) => new(null, error);
}
