using System.Globalization;
using Switchyard.Providers;

namespace Switchyard.Server.Importing;

/// <summary>A credential of a provider.</summary>
/// <param name="Value">A reference to a variable.</param>
/// <param name="Weight">Its share of the calls; null if none is set.</param>
/// <param name="Sources">The source settings it comes from.</param>
internal sealed record KeyDraft(string Value, decimal? Weight, params IReadOnlyList<SourceNode?> Sources);

/// <summary>A provider that a deployment of the source needs: its settings by path, with their origin.</summary>
/// <param name="vendor">The catalogue's entry; null for an unknown server, which needs an address.</param>
internal sealed class ProviderDraft(ProviderDescriptor? vendor)
{
    private readonly SortedDictionary<string, (string[] Path, string Value, SourceNode?[] Sources)> _settings = new(StringComparer.Ordinal);

    public ProviderDescriptor? Vendor { get; } = vendor;

    /// <summary>The preferred name, used if it is free; null takes the vendor's.</summary>
    public string? Wanted { get; set; }

    /// <summary>Its credentials: one is its key, several share its calls by weight.</summary>
    public List<KeyDraft> Keys { get; } = [];

    /// <summary>The text that identifies it: two drafts with the same settings are one provider.</summary>
    public string Identity => $"{IdentityWithoutKeys}\n{string.Join('\n', Keys.Select(key => $"{key.Value} {key.Weight}"))}";

    public string IdentityWithoutKeys =>
        $"{Wanted}\n{Vendor?.Name}\n{string.Join('\n', _settings.Select(pair => $"{pair.Key}={pair.Value.Value}"))}";

    public IEnumerable<(string[] Path, string Value, SourceNode?[] Sources)> Settings => _settings.Values;

    public void Set(string[] path, string value, params SourceNode?[] sources) =>
        _settings[string.Join('.', path)] = (path, value, sources);

    public void Set(string name, string value, params SourceNode?[] sources) => Set([name], value, sources);
}

/// <summary>The providers of the result, without duplicates.</summary>
internal sealed class ProviderDrafts(ImportJob job)
{
    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<string>> _byVendor = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The names of a vendor's providers.</summary>
    public IReadOnlyList<string> Of(string vendor) => _byVendor.GetValueOrDefault(vendor) ?? [];

    public IEnumerable<string> Names => _names.Values;

    /// <summary>Adds a provider, or finds an identical one.</summary>
    /// <returns>Its name.</returns>
    public string Add(ProviderDraft provider)
    {
        if (!_names.TryGetValue(provider.Identity, out var name))
        {
            name = Free(provider);
            _names[provider.Identity] = name;
            var vendor = provider.Vendor?.Name ?? name;
            (_byVendor.TryGetValue(vendor, out var known) ? known : _byVendor[vendor] = []).Add(name);
            var entry = job.Draft.At("providers", name);
            foreach (var key in provider.Keys.Count > 1 ? provider.Keys : [])
            {
                var item = entry.At("keys").Append().From(key.Sources);
                item.At("key").Set(key.Value);
                if (key.Weight is { } weight)
                    item.At("weight").Set(weight.ToString("0.######", CultureInfo.InvariantCulture));
            }

            // A provider without settings still needs an entry that enables it.
            if (!string.Equals(provider.Vendor?.Name, name, StringComparison.OrdinalIgnoreCase))
                entry.At("type").Set(provider.Vendor?.Name ?? "custom");
            else if (!provider.Settings.Any() && provider.Keys.Count == 0)
                entry.At("enabled").Set("true");
        }

        if (provider.Keys is [var only])
            job.Draft.At("providers", name, "key").Set(only.Value, only.Sources);
        foreach (var (path, value, sources) in provider.Settings)
            job.Draft.At("providers", name).At(path).Set(value, sources);
        return name;
    }

    /// <summary>Converts text to a valid provider name: letters, digits, <c>.</c>, <c>-</c> and <c>_</c>.</summary>
    public static string Legal(string text)
    {
        var letters = text.Trim().ToLowerInvariant().Select(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' ? letter
            : '-');
        var name = string.Concat(letters).Trim('-', '.');
        return name.Length == 0 ? "provider" : name[..Math.Min(48, name.Length)];
    }

    private string Free(ProviderDraft provider)
    {
        var wanted = Legal(provider.Wanted ?? provider.Vendor?.Name ?? "provider");
        var name = wanted;
        for (var number = 2; _names.ContainsValue(name) || IsAnother(name, provider); number++)
            name = $"{wanted}-{number.ToString(CultureInfo.InvariantCulture)}";
        return name;
    }

    /// <summary>Whether the name is that of another vendor in the catalogue, which must keep it.</summary>
    private static bool IsAnother(string name, ProviderDraft provider) =>
        Vendors.Find(name) is { } known && known != provider.Vendor && string.Equals(known.Name, name, StringComparison.OrdinalIgnoreCase);
}
