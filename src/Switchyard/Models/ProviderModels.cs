namespace Switchyard.Models;

/// <summary>One provider's models, by id and by normalized name (<see cref="NormalizedNames.Normalize"/>). Immutable.</summary>
internal sealed class ProviderModels
{
    private readonly Dictionary<string, ModelInfo> _byId = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, ModelInfo> _byName = new(StringComparer.Ordinal);

    /// <exception cref="ArgumentException">A model is named twice.</exception>
    public ProviderModels(IReadOnlyList<ModelInfo> models)
    {
        All = models;
        foreach (var model in models)
        {
            _byId.Add(model.Id, model);
            var name = NormalizedNames.Normalize(model.Id);
            if (!_byName.TryGetValue(name, out var other) || IsPreferred(name, model, other))
                _byName[name] = model;
        }
    }

    public IReadOnlyList<ModelInfo> All { get; }

    public ModelInfo? Find(string model)
    {
        if (_byId.TryGetValue(model, out var exact))
            return exact;
        return _byName.TryGetValue(NormalizedNames.Normalize(model), out var found)
            ? found with { Id = model, TakenFrom = $"{found.Provider}/{found.Id}" }
            : null;
    }

    /// <summary>
    /// Chooses between two models with the same normalized name: the one whose id is that name, else the one with facts, else the later
    /// one.
    /// </summary>
    private static bool IsPreferred(string name, ModelInfo model, ModelInfo other)
    {
        if (IsNamed(model) != IsNamed(other))
            return IsNamed(model);
        if (IsDescribed(model) != IsDescribed(other))
            return IsDescribed(model);
        return string.CompareOrdinal(model.Released, other.Released) > 0;

        bool IsNamed(ModelInfo info) => string.Equals(info.Id, name, StringComparison.OrdinalIgnoreCase);
        static bool IsDescribed(ModelInfo info) => info.Facts.ContextWindow is not null;
    }
}
