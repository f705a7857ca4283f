using Switchyard.Targets;

namespace Switchyard.Models;

/// <summary>
/// The models known as data, with their limits, features and prices, as of the day the sources were read. A provider's part is read on
/// first use; nothing is read at start. Immutable and thread-safe.
/// </summary>
public sealed class ModelCatalog
{
    private const string ResourcePrefix = "Switchyard.models.";
    private const string ResourceSuffix = ".json";

    private readonly IProviderPart[] _parts;
    private readonly Dictionary<string, IProviderPart> _byProvider;
    private readonly FamilyRules? _rules;

    private ModelCatalog(IEnumerable<IProviderPart> parts, FamilyRules? rules = null)
    {
        _rules = rules;
        _parts = [.. parts.OrderBy(part => part.Provider, StringComparer.OrdinalIgnoreCase)];
        _byProvider = _parts.ToDictionary(part => part.Provider, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>The built-in catalogue.</summary>
    public static ModelCatalog Default { get; } = new(
        typeof(ModelCatalog).Assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(ResourcePrefix, StringComparison.Ordinal))
            .Select(name => new EmbeddedPart(name[ResourcePrefix.Length..^ResourceSuffix.Length], name)),
        FamilyRules.Default);

    /// <summary>The providers whose models it contains, by their names in <c>providers.json</c>, sorted.</summary>
    public IReadOnlyCollection<string> Providers => [.. _parts.Select(part => part.Provider)];

    /// <summary>Every model, by provider and id.</summary>
    public IEnumerable<ModelInfo> All => _parts.SelectMany(part => part.Models.All);

    /// <summary>A catalogue of these models, for hosts that supply their own facts.</summary>
    /// <exception cref="ArgumentException">A provider names a model twice.</exception>
    public static ModelCatalog Of(IEnumerable<ModelInfo> models)
    {
        ArgumentNullException.ThrowIfNull(models);
        return new(models.GroupBy(model => model.Provider, StringComparer.OrdinalIgnoreCase)
            .Select(group => new GivenPart(group.Key, [.. group])));
    }

    /// <summary>A provider's models, by id; empty if the catalogue does not contain the provider.</summary>
    /// <param name="provider">The provider's name in <c>providers.json</c>.</param>
    public IReadOnlyList<ModelInfo> List(string provider) => _byProvider.TryGetValue(provider, out var part) ? part.Models.All : [];

    /// <summary>
    /// A provider's model: by its id, else by the id without date, revision, region or resource path. If the catalogue does not list it
    /// there, the facts on which all entries of the same model at other providers agree, without prices: another provider's price does not
    /// apply. <see cref="ModelInfo.TakenFrom"/> then names the source. Facts missing from the lists, and all facts of unlisted models, come
    /// from the rules of its family (<see cref="ModelInfo.Rules"/>).
    /// </summary>
    /// <param name="provider">The provider's name in <c>providers.json</c>.</param>
    /// <param name="model">The provider's own id.</param>
    /// <returns>The model; null if nothing is known of it.</returns>
    public ModelInfo? Find(string provider, string model)
    {
        var found = FindListed(provider, model) ?? FindElsewhere(provider, model);
        return _rules is null ? found : _rules.Complete(provider, model, found);
    }

    /// <summary>As <see cref="Find"/>, among the provider's own models only.</summary>
    public ModelInfo? FindListed(string provider, string model)
    {
        ArgumentNullException.ThrowIfNull(provider);
        ArgumentNullException.ThrowIfNull(model);
        return _byProvider.TryGetValue(provider, out var part) ? part.Models.Find(model) : null;
    }

    /// <summary>Whether the catalogue lists the model for the provider, under this id or another of its names.</summary>
    public bool IsListed(string provider, string model) => FindListed(provider, model) is not null;

    /// <summary>The facts that an encoder needs of a model; <see cref="ModelFacts.Unknown"/> if nothing is known.</summary>
    public ModelFacts FactsOf(string provider, string model) => Find(provider, model)?.Facts ?? ModelFacts.Unknown;

    private ModelInfo? FindElsewhere(string provider, string model)
    {
        // A reseller's "vendor/model": the vendor's own entry has the most facts.
        var slash = model.IndexOf('/', StringComparison.Ordinal);
        var vendors = slash > 0 ? FindListed(model[..slash], model[(slash + 1)..]) : null;
        List<ModelInfo> same = vendors is not null && IsMoreThanAPrice(vendors)
            ? [vendors]
            : NamedEverywhere(NormalizedNames.Everywhere(model));
        return same.Count == 0 ? null : SharedFacts.Of(same) with
        {
            Provider = provider,
            Id = model,
            TakenFrom = same[0].TakenFrom ?? $"{same[0].Provider}/{same[0].Id}",
        };
    }

    private List<ModelInfo> NamedEverywhere(string name) =>
        [.. _parts.SelectMany(part => part.NamedEverywhere(name)).Where(IsMoreThanAPrice)];

    /// <summary>Whether the entry has facts: some sources list prices only.</summary>
    private static bool IsMoreThanAPrice(ModelInfo model) => model.Facts.ContextWindow is not null || model.InputModalities.Count > 0;
}
