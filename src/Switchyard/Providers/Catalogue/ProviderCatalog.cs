using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Switchyard.Common;
using Switchyard.Providers.Http;

namespace Switchyard.Providers.Catalogue;

/// <summary>The providers described as data, by name and alias. Immutable and thread-safe.</summary>
public sealed class ProviderCatalog
{
    private const string ResourceName = "Switchyard.providers.json";
    private static readonly Lazy<ProviderCatalog> LazyDefault = new(ReadEmbedded);

    private readonly Dictionary<string, ProviderDescriptor> _byName;
    private readonly Dictionary<string, ProviderDescriptor>.AlternateLookup<ReadOnlySpan<char>> _bySpan;

    /// <summary>Creates a catalogue of entries.</summary>
    /// <exception cref="ProviderException">Two entries share a name or an alias, or one has no usable name.</exception>
    public ProviderCatalog(IEnumerable<ProviderDescriptor> providers)
    {
        ArgumentNullException.ThrowIfNull(providers);
        All = [.. providers.OrderByDescending(p => p.Priority)];
        var byName = new Dictionary<string, ProviderDescriptor>(StringComparer.OrdinalIgnoreCase);
        foreach (var provider in All)
        {
            if (!ProviderNames.IsValid(provider.Name))
                throw new ProviderException($"The catalogue holds an entry with a name that cannot be used: '{provider.Name}'.");
            foreach (var name in provider.Aliases.Prepend(provider.Name))
            {
                if (!byName.TryAdd(name, provider))
                    throw new ProviderException($"The catalogue names '{name}' twice: in '{byName[name].Name}' and in '{provider.Name}'.");
            }
        }

        _byName = byName;
        _bySpan = _byName.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>The built-in catalogue, read once, on first use.</summary>
    public static ProviderCatalog Default => LazyDefault.Value;

    /// <summary>Every entry, by descending priority.</summary>
    public IReadOnlyList<ProviderDescriptor> All { get; }

    /// <summary>
    /// The names of the providers that host many vendors' models, in the order in which their lists are searched for a bare model name that
    /// no provider is known to serve. Lists of other providers follow by priority.
    /// </summary>
    public IReadOnlyList<string> AutoDetected { get; init; } = [];

    /// <summary>The built-in chain of providers for <c>routing.failover</c>.</summary>
    public FailoverChain Failover { get; init; } = new();

    /// <summary>The hosts of every vendor, as entries of an allow list; user-run providers are excluded.</summary>
    internal IReadOnlyList<string> Hosts =>
        [.. All.Where(entry => !entry.Local).SelectMany(EndpointAddress.HostsOf).Distinct(StringComparer.OrdinalIgnoreCase)];

    /// <summary>The entry of a name or alias, trimmed and without regard to case; null if none.</summary>
    public ProviderDescriptor? Find(ReadOnlySpan<char> nameOrAlias) =>
        _bySpan.TryGetValue(nameOrAlias.Trim(), out var found) ? found : null;

    /// <summary>The entry of a name or alias, trimmed and without regard to case.</summary>
    public bool TryFind(ReadOnlySpan<char> nameOrAlias, [NotNullWhen(true)] out ProviderDescriptor? descriptor) =>
        (descriptor = Find(nameOrAlias)) is not null;

    /// <summary>The normal form of a name: trimmed, lower-cased, and an alias replaced by its provider's name.</summary>
    public string Normalize(string name) => Find(name)?.Name ?? ProviderNames.Normalize(name);

    /// <summary>Up to three names or aliases near an unknown name, nearest first; empty if none is near.</summary>
    public IReadOnlyList<string> NearestNames(string name) => NearNames.Find(name, _byName.Keys);

    /// <summary>Reads a catalogue in the form of <c>providers.json</c>.</summary>
    /// <exception cref="ProviderException">The text is not such a catalogue.</exception>
    public static ProviderCatalog Parse(ReadOnlySpan<byte> utf8Json)
    {
        try
        {
            var file = ProviderCatalogReader.Read(utf8Json);
            return new ProviderCatalog(file.Providers) { AutoDetected = file.AutoDetected, Failover = file.Failover };
        }
        catch (JsonException error)
        {
            throw new ProviderException($"The provider catalogue cannot be read: {error.Message}", error);
        }
    }

    private static ProviderCatalog ReadEmbedded()
    {
        using var stream = typeof(ProviderCatalog).Assembly.GetManifestResourceStream(ResourceName)
            ?? throw new ProviderException($"The resource {ResourceName} is missing from the assembly.");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return Parse(bytes);
    }
}
