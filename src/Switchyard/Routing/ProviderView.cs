using Switchyard.Canonical;
using Switchyard.Providers;
using Switchyard.Providers.Http;
using Switchyard.Providers.Registry;
using Switchyard.Targets;

namespace Switchyard.Routing;

/// <summary>
/// The registry as one configuration sees it: without the providers that it no longer names, which stay registered only until the calls
/// on older configurations have ended. Thread-safe.
/// </summary>
internal sealed class ProviderView(ProviderRegistry registry, DeploymentStates states, IEnumerable<string> hidden) : IProviderDirectory
{
    private readonly HashSet<string> _hidden = hidden.ToHashSet(StringComparer.OrdinalIgnoreCase);
    private volatile Ranking _ranking = new(-1, []);

    public long Version => registry.Version;

    public IReadOnlyList<string> Names =>
        _hidden.Count == 0 ? registry.List() : [.. registry.List().Where(name => !_hidden.Contains(name))];

    public string? Find(ReadOnlySpan<char> nameOrAlias) =>
        registry.GetRegisteredName(nameOrAlias) is { } name && !_hidden.Contains(name) ? name : null;

    public string? FindServing(string model, CallOperation operation)
    {
        string? first = null;
        foreach (var entry in CurrentRanking().Providers)
        {
            if (entry.Provider?.ServesModel(model) is not true)
                continue;
            if (Serves(entry, operation))
                return entry.Name;
            // Returned when no provider serves both, so that the error can name the operation it does not serve.
            first ??= entry.Name;
        }

        return first;
    }

    public IReadOnlyList<string> Serving(CallOperation operation) =>
        [.. CurrentRanking().Providers.Where(entry => Serves(entry, operation)).Select(entry => entry.Name)];

    public string? DefaultModelOf(string provider)
    {
        foreach (var entry in CurrentRanking().Providers)
        {
            if (string.Equals(entry.Name, provider, StringComparison.OrdinalIgnoreCase))
                return entry.Models is [var first, ..] ? first : null;
        }

        return null;
    }

    public Deployment[] Deploy(string provider, string model, double weight)
    {
        var entry = registry.FindEntry(provider);
        if (entry?.Provider is not IHttpProvider { IsInitialized: true, Endpoint.Credentials: { } credentials })
            return [Deploy(provider, entry, model, credential: 0, account: "", weight)];
        var total = credentials.Sum(credential => credential.Weight);
        return
        [
            .. credentials.Select((credential, i) =>
                Deploy(provider, entry, model, i, credential.Account, weight * credential.Weight / total)),
        ];
    }

    public IEnumerable<string> KnownModelNames()
    {
        foreach (var entry in CurrentRanking().Providers)
        {
            foreach (var model in (entry.Provider as HttpProvider)?.KnownModels.Select(known => known.Id) ?? entry.Models)
            {
                yield return model;
                yield return $"{entry.Name}/{model}";
            }
        }
    }

    private Deployment Deploy(string provider, ProviderEntry? entry, string model, int credential, string account, double weight)
    {
        var binding = new ProviderBinding(provider, entry, model, credential);
        return new Deployment(binding.Provider, model, binding, states.Get(new(binding.Provider, model, account)))
        {
            Credential = credential + 1,
            Weight = weight,
        };
    }

    private static bool Serves(RegisteredProvider entry, CallOperation operation) => entry.Provider switch
    {
        IHttpProvider { IsInitialized: true } http => http.Endpoint.Serves(operation),
        // An in-process client does not declare its operations; these are the ones its interface could serve.
        IChatClientProvider => operation is CallOperation.Chat or CallOperation.Completion or CallOperation.Embedding,
        _ => entry.Descriptor.Operations.Contains(operation),
    };

    private Ranking CurrentRanking()
    {
        var ranking = _ranking;
        var version = registry.Version;
        return ranking.Version == version
            ? ranking
            : _ranking = new(version, [.. registry.All.Where(entry => !_hidden.Contains(entry.Name))]);
    }

    /// <summary>The providers by descending priority, as of one version of the registry.</summary>
    private sealed record Ranking(long Version, IReadOnlyList<RegisteredProvider> Providers);
}
