using Switchyard.Providers;
using Switchyard.Providers.Catalogue;

namespace Switchyard.Server.Composition;

/// <summary>
/// The names that providers are registered under, found as an engine finds them. A provider with a <c>base_url</c> or a <c>type</c> keeps
/// the name that the configuration gives it, also if that is another provider's alias in the catalogue. Immutable.
/// </summary>
/// <param name="names">The registered names.</param>
internal sealed class RegisteredNames(IEnumerable<string> names)
{
    private readonly HashSet<string> _names = new(names, StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether a provider is registered under this name.</summary>
    public bool Has(string name) => _names.Contains(name);

    /// <summary>The registered name of a provider's name or alias; the catalogue's name if it is not registered.</summary>
    public string Find(string name)
    {
        var written = ProviderNames.Normalize(name);
        if (Has(written) || ProviderCatalog.Default.Find(written) is not { } known)
            return written;
        return Has(known.Name) ? known.Name : known.Aliases.FirstOrDefault(Has) ?? known.Name;
    }
}
