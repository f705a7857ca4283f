using Switchyard.Canonical;
using Switchyard.Targets;

namespace Switchyard.Calls;

/// <summary>Leads from a model name to a route. Thread-safe.</summary>
internal interface IModelResolver
{
    /// <summary>Finds the route of an alias, of <c>provider/model</c> or of a bare model name.</summary>
    RouteResult Resolve(string model, CallOperation operation);

    /// <summary>The enabled providers that serve an operation, the preferred one first.</summary>
    IReadOnlyList<string> Serving(CallOperation operation) => [];
}

/// <summary>A route, or why there is none. Exactly one of the two is there.</summary>
internal readonly record struct RouteResult
{
    private RouteResult(Route? route, CallError? error) => (Route, Error) = (route, error);

    public Route? Route { get; }

    /// <summary>Names near matches.</summary>
    public CallError? Error { get; }

    public static implicit operator RouteResult(Route route) => new(route, null);

    public static implicit operator RouteResult(CallError error) => new(null, error);
}
