using Switchyard.Canonical;
using Switchyard.Targets;

namespace Switchyard.Calls;

/// <summary>Resolves a model name to a route. Thread-safe.</summary>
internal interface IModelResolver
{
    /// <summary>
    /// Finds the route of an alias, of <c>provider/model</c> or of a bare model name. Completes at once, and allocates nothing for a name
    /// that was found before; only an unknown bare name waits for the providers' lists of models.
    /// </summary>
    ValueTask<RouteResult> ResolveAsync(string model, CallOperation operation, CancellationToken cancellationToken);

    /// <summary>
    /// A route to one target, <c>provider/model</c>, never an alias of that name; null if its provider is not enabled, or its
    /// price is unknown but required.
    /// </summary>
    Route? FindTarget(string target) => null;

    /// <summary>
    /// A route to the best of several targets, by the configured strategy; or the error of the first, if none can be used.
    /// </summary>
    /// <param name="name">The name of the route.</param>
    /// <param name="targets">The targets: <c>provider/model</c>, or a provider for its default model.</param>
    /// <param name="operation">The operation of the call.</param>
    RouteResult ResolveAmong(string name, IReadOnlyList<string> targets, CallOperation operation) =>
        new CallError(CallErrorKind.ModelNotFound, $"The model '{name}' does not exist.") { Param = "model" };

    /// <summary>
    /// The deployments of a model at a provider, one for each of its credentials, whatever the model costs and whether or not it is
    /// listed; none if the provider is not enabled.
    /// </summary>
    IReadOnlyList<Deployment> DeploymentsAt(string provider, string model) => [];

    /// <summary>
    /// Why a provider that the client named separately from the model cannot be called: the name is invalid, unknown, or the provider is
    /// unusable. Null if it can be called.
    /// </summary>
    /// <param name="provider">The name.</param>
    /// <param name="model">The model of the call; the provider's name if the client named no model.</param>
    CallError? ExplainProvider(string provider, string model) => null;

    /// <summary>The enabled providers that serve an operation, by descending priority.</summary>
    IReadOnlyList<string> Serving(CallOperation operation) => [];
}

/// <summary>A route, or the error if no route was found; both for an alias without a usable target.</summary>
internal readonly record struct RouteResult
{
    private RouteResult(Route? route, CallError? error) => (Route, Error) = (route, error);

    /// <summary>The route; null if none was found. If <see cref="Error"/> is set too, it is only listed, and not called.</summary>
    public Route? Route { get; }

    /// <summary>The reason why the call cannot be made; null if it can.</summary>
    public CallError? Error { get; }

    /// <summary>An existing route, and the reason why none of its targets can be used.</summary>
    public static RouteResult Unusable(Route route, CallError reason) => new(route, reason);

    public static implicit operator RouteResult(Route route) => new(route, null);

    public static implicit operator RouteResult(CallError error) => new(null, error);
}
