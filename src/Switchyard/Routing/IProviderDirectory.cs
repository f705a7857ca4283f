using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Targets;

namespace Switchyard.Routing;

/// <summary>The registered providers as routing needs them. Used on every request, so it must be fast. Thread-safe.</summary>
internal interface IProviderDirectory
{
    /// <summary>The version of the registry: higher after every change, so that results can be cached by it.</summary>
    long Version { get; }

    /// <summary>The names of the enabled providers, sorted.</summary>
    IReadOnlyList<string> Names { get; }

    /// <summary>The registered name of a provider, found by name or alias without regard to case; null when there is none.</summary>
    string? Find(ReadOnlySpan<char> nameOrAlias);

    /// <summary>The provider under whose <c>models</c> the configuration has this very name; null when there is none.</summary>
    string? FindConfigured(string model, CallOperation operation);

    /// <summary>
    /// The provider that is known, without a request, to serve a bare model name: the one of highest priority that also serves the
    /// operation, else the one of highest priority; null when none is.
    /// </summary>
    string? FindServing(string model, CallOperation operation);

    /// <summary>All providers that are known to serve a bare model name and serve the operation, by descending priority.</summary>
    IReadOnlyList<string> FindAllServing(string model, CallOperation operation);

    /// <summary>
    /// The provider that lists a model: the first of the catalogue's for auto-detection, else the one of highest priority. Asks each
    /// provider for its list, unless that is kept.
    /// </summary>
    ValueTask<ListedProvider> FindListingAsync(string model, CallOperation operation, CancellationToken cancellationToken);

    /// <summary>
    /// Why a provider that a client named cannot be used: it failed to load, is disabled, or is in the catalogue and not enabled. Null
    /// when the name is no provider's.
    /// </summary>
    CallError? ExplainUnusable(ReadOnlySpan<char> nameOrAlias);

    /// <summary>The error for a client that names a provider of which nothing is known, with near names.</summary>
    CallError NotFound(string name);

    /// <summary>A provider, then the enabled ones that stand in for it with a model of the same id, in order.</summary>
    IReadOnlyList<string> FailoverFrom(string provider, string model);

    /// <summary>Why the provider that would serve a bare model name cannot be used; null when there is no such provider.</summary>
    CallError? ExplainNotServing(string model);

    /// <summary>The providers that serve an operation, by descending priority.</summary>
    IReadOnlyList<string> Serving(CallOperation operation);

    /// <summary>The model of a request that names only a provider: the configured one, else the catalogue's; null when it has
    /// none.</summary>
    string? DefaultModelOf(string provider);

    /// <summary>
    /// Creates the deployments of a provider's model: one for each of its credentials, which share the target's weight. An unknown provider
    /// gets one deployment too; calling it fails with the reason.
    /// </summary>
    /// <param name="provider">The provider's name.</param>
    /// <param name="model">The provider's own model id.</param>
    /// <param name="weight">The weight of the target, all credentials together.</param>
    Deployment[] Deploy(string provider, string model, double weight);

    /// <summary>The model names a client can ask for, from which an error message suggests similar ones.</summary>
    IEnumerable<string> KnownModelNames();
}

/// <summary>What asking the providers for their lists has shown.</summary>
/// <param name="Name">The provider that lists the model; null when none does.</param>
/// <param name="Silent">The providers that did not answer, so that the result may differ once they do.</param>
internal readonly record struct ListedProvider(string? Name, IReadOnlyList<string> Silent);
