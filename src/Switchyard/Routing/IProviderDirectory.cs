using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Targets;

namespace Switchyard.Routing;

/// <summary>The registered providers, for routing. Used on every request, so it must be fast. Thread-safe.</summary>
internal interface IProviderDirectory
{
    /// <summary>The version of the registry: higher after every change, so that results can be cached by it.</summary>
    long Version { get; }

    /// <summary>The names of the enabled providers, sorted.</summary>
    IReadOnlyList<string> Names { get; }

    /// <summary>The registered name of a provider, found by name or alias without regard to case; null if none.</summary>
    string? Find(ReadOnlySpan<char> nameOrAlias);

    /// <summary>The provider whose configured <c>models</c> contain this exact name; null if none.</summary>
    string? FindConfigured(string model, CallOperation operation);

    /// <summary>
    /// The provider that is known, without a request, to serve a bare model name: the one of highest priority that also serves the
    /// operation, else the one of highest priority; null if none.
    /// </summary>
    string? FindServing(string model, CallOperation operation);

    /// <summary>All providers that are known to serve a bare model name and serve the operation, by descending priority.</summary>
    IReadOnlyList<string> FindAllServing(string model, CallOperation operation);

    /// <summary>
    /// The provider that lists a model: the first of the catalogue's for auto-detection, else the one of highest priority. Requests each
    /// provider's list, unless it is cached.
    /// </summary>
    ValueTask<ListedProvider> FindListingAsync(string model, CallOperation operation, CancellationToken cancellationToken);

    /// <summary>
    /// The reason why a provider named by a client cannot be used: it failed to load, is disabled, or is in the catalogue but not enabled.
    /// Null if no provider has the name.
    /// </summary>
    CallError? ExplainUnusable(ReadOnlySpan<char> nameOrAlias);

    /// <summary>The error for a client that names an unknown provider, with near names.</summary>
    CallError NotFound(string name);

    /// <summary>A provider, then the enabled ones that replace it with a model of the same id, in order.</summary>
    IReadOnlyList<string> FailoverFrom(string provider, string model);

    /// <summary>The reason why the provider that would serve a bare model name cannot be used; null if there is no such provider.</summary>
    CallError? ExplainNotServing(string model);

    /// <summary>The providers that serve an operation, by descending priority.</summary>
    IReadOnlyList<string> Serving(CallOperation operation);

    /// <summary>The model of a request that names only a provider: the configured one, else the catalogue's; null if none.</summary>
    string? DefaultModelOf(string provider);

    /// <summary>
    /// Creates the deployments of a provider's model: one for each of its credentials, which share the target's weight. An unknown provider
    /// gets one deployment too; calling it fails with the reason.
    /// </summary>
    /// <param name="provider">The provider's name.</param>
    /// <param name="model">The provider's own model id.</param>
    /// <param name="weight">The weight of the target, all credentials together.</param>
    Deployment[] Deploy(string provider, string model, double weight);

    /// <summary>The model names that clients can use, from which an error message suggests similar ones.</summary>
    IEnumerable<string> KnownModelNames();
}

/// <summary>The result of a search in the providers' lists.</summary>
/// <param name="Name">The provider that lists the model; null if none does.</param>
/// <param name="Silent">The providers that did not answer, so that the result may differ once they do.</param>
internal readonly record struct ListedProvider(string? Name, IReadOnlyList<string> Silent);
