using Switchyard.Canonical;
using Switchyard.Targets;

namespace Switchyard.Routing;

/// <summary>What routing needs to know of the providers registered at this moment. Asked on every request, so quick.</summary>
internal interface IProviderDirectory
{
    /// <summary>Grows whenever other answers may be given here than before.</summary>
    long Version { get; }

    /// <summary>The names of the enabled providers, sorted.</summary>
    IReadOnlyList<string> Names { get; }

    /// <summary>The registered name that a client's spelling or alias stands for; null when there is none.</summary>
    string? Find(ReadOnlySpan<char> nameOrAlias);

    /// <summary>
    /// The provider that serves a bare model name: the one of highest priority among those that do, and before all others one that also
    /// serves the operation; null when none does.
    /// </summary>
    string? FindServing(string model, CallOperation operation);

    /// <summary>The providers that serve an operation, by descending priority.</summary>
    IReadOnlyList<string> Serving(CallOperation operation);

    /// <summary>The model a provider is asked for when it alone is named; null when it has no usual one.</summary>
    string? DefaultModelOf(string provider);

    /// <summary>
    /// The deployments of a provider's model: one for each of its credentials, which share the target's weight among them. A provider that
    /// is not there has one all the same; calling it says why.
    /// </summary>
    /// <param name="provider">The provider's name.</param>
    /// <param name="model">The provider's own model id.</param>
    /// <param name="weight">The weight of the target, all its credentials together.</param>
    Deployment[] Deploy(string provider, string model, double weight);

    /// <summary>Names a client could ask for, for near matches.</summary>
    IEnumerable<string> KnownModelNames();
}
