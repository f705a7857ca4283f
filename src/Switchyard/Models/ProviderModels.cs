namespace Switchyard.Models;

/// <summary>One provider's models, by id and by what is left of an id without dates and regions. Immutable.</summary>
internal sealed class ProviderModels
{
    private readonly Dictionary<string, ModelInfo> _byId;
    private readonly Dictionary<string, ModelInfo> _byName;

    public ProviderModels(IEnumerable<ModelInfo> models)
    {
        All = [.. models];
        _byId = All.ToDictionary(model => model.Id, StringComparer.OrdinalIgnoreCase);
        // Of several dated ones the undated stands for the name, else the one most is known of, else the youngest.
        _byName = All.GroupBy(model => ModelNames.Normalize(model.Id), StringComparer.Ordinal).ToDictionary(
            group => group.Key,
            group => group
                .OrderByDescending(model => string.Equals(model.Id, group.Key, StringComparison.OrdinalIgnoreCase))
                .ThenByDescending(model => model.Facts.ContextWindow is not null)
                .ThenByDescending(model => model.Released, StringComparer.Ordinal)
                .First(),
            StringComparer.Ordinal);
    }

    public IReadOnlyList<ModelInfo> All { get; }

    public ModelInfo? Find(string model)
    {
        if (_byId.TryGetValue(model, out var exact))
            return exact;
        return _byName.TryGetValue(ModelNames.Normalize(model), out var found)
            ? found with { Id = model, TakenFrom = $"{found.Provider}/{found.Id}" }
            : null;
    }
}
