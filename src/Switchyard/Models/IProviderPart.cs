namespace Switchyard.Models;

/// <summary>One provider's part of a catalogue.</summary>
internal interface IProviderPart
{
    /// <summary>The provider's name in <c>providers.json</c>.</summary>
    string Provider { get; }

    /// <summary>Its models.</summary>
    ProviderModels Models { get; }

    /// <summary>Its models with this name across providers (<see cref="NormalizedNames.Everywhere"/>), in order.</summary>
    IEnumerable<ModelInfo> NamedEverywhere(string name);
}

/// <summary>A part whose models the host supplied.</summary>
internal sealed class GivenPart(string provider, IReadOnlyList<ModelInfo> models) : IProviderPart
{
    private readonly Lazy<ILookup<string, ModelInfo>> _named = new(
        () => models.ToLookup(model => NormalizedNames.Everywhere(model.Id), StringComparer.Ordinal));

    public string Provider => provider;

    public ProviderModels Models { get; } = new(models);

    public IEnumerable<ModelInfo> NamedEverywhere(string name) => _named.Value[name];
}
