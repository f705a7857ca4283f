using Switchyard.Canonical;
using Switchyard.Targets;

namespace Switchyard.Calls;

/// <summary>
/// The configuration a call began on and ends on, whatever is reloaded meanwhile. Immutable.
/// </summary>
/// <param name="Generation">Counts the configurations this process has served, from 1.</param>
/// <param name="Routes">Leads from a model name to a route.</param>
/// <param name="Clocks">The four clocks.</param>
/// <param name="Strict">Whether a field that cannot be carried is a 400.</param>
public sealed record CallSnapshot(long Generation, IModelResolver Routes, CallClocks Clocks, bool Strict)
{
    /// <summary>What may be downloaded for providers that take bytes rather than addresses.</summary>
    public MediaPolicy Media { get; init; } = MediaPolicy.Default;

    /// <summary>The calls under way on this configuration.</summary>
    internal InFlight InFlight { get; } = new();

    /// <summary>The generation as text, for the response header of every call.</summary>
    public string GenerationText { get; } = Generation.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>The four clocks of a call.</summary>
/// <param name="Connect">To a connected socket.</param>
/// <param name="FirstToken">Of a stream, to its first content frame.</param>
/// <param name="Idle">Between two frames of a stream; comments do not reset it.</param>
/// <param name="Total">Of the whole call, all its attempts together.</param>
public sealed record CallClocks(TimeSpan Connect, TimeSpan FirstToken, TimeSpan Idle, TimeSpan Total)
{
    /// <summary>5 s, 30 s, 30 s, 10 min.</summary>
    public static readonly CallClocks Default =
        new(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(10));
}

/// <summary>Leads from a model name to a route.</summary>
public interface IModelResolver
{
    /// <summary>Finds the route of an alias, of <c>provider/model</c> or of a bare model name.</summary>
    /// <returns>The route; null with an error that names near matches when there is none.</returns>
    Route? Resolve(string model, CallOperation operation, out CallError? error);

    /// <summary>The enabled providers that serve an operation, the preferred one first.</summary>
    /// <value>The default knows none.</value>
    IReadOnlyList<string> Serving(CallOperation operation) => [];
}
