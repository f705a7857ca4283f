namespace Switchyard.Providers.Catalogue;

/// <summary>Providers that host the same models under the same ids, in failover order. Immutable and thread-safe.</summary>
public sealed record FailoverChain
{
    /// <summary>The names of the providers, in order.</summary>
    public IReadOnlyList<string> Providers { get; init; } = [];

    /// <summary>The provider that a model of <see cref="OnlyPrefixes"/> or <see cref="OnlySuffixes"/> is bound to; null for none.</summary>
    public string? Only { get; init; }

    /// <summary>The prefixes of model ids that only <see cref="Only"/> serves.</summary>
    public IReadOnlyList<string> OnlyPrefixes { get; init; } = [];

    /// <summary>The suffixes of model ids that only <see cref="Only"/> serves.</summary>
    public IReadOnlyList<string> OnlySuffixes { get; init; } = [];

    /// <summary>
    /// The providers to try, in order: the first one, then the others of the chain. A provider outside the chain is the only one; without a
    /// first one it is <see cref="Only"/>.
    /// </summary>
    /// <param name="first">The name of the requested provider; null if none.</param>
    public IReadOnlyList<string> From(string? first)
    {
        var name = ProviderNames.Normalize(first);
        return name.Length == 0 ? Only is null ? [] : [Only]
            : Providers.Contains(name, StringComparer.Ordinal) ? [name, .. Providers.Where(other => other != name)]
            : [name];
    }

    /// <summary>
    /// As <see cref="From(string?)"/>, cut to <see cref="Only"/> for a model that is bound to it, if the chain contains it.
    /// </summary>
    /// <param name="first">The name of the requested provider; null if none.</param>
    /// <param name="model">The provider's own model id.</param>
    public IReadOnlyList<string> From(string? first, string model)
    {
        var chain = From(first);
        return Only is not null && IsBound(model) && chain.Contains(Only, StringComparer.Ordinal) ? [Only] : chain;
    }

    private bool IsBound(string model) =>
        OnlyPrefixes.Any(prefix => model.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
        || OnlySuffixes.Any(suffix => model.EndsWith(suffix, StringComparison.OrdinalIgnoreCase));
}
