using Switchyard.Engine;

namespace Switchyard.Client;

/// <summary>
/// The model that a client's request is for. A client made for a provider sends every model name to that provider; any other client
/// passes the name on.
/// </summary>
/// <param name="engine">The engine, started.</param>
/// <param name="provider">The provider it was made for; null for none, unless the default model is a provider's name.</param>
/// <param name="defaultModel">The model of a request without a model; null takes the engine's default.</param>
internal sealed class ModelChoice(SwitchyardEngine engine, string? provider, string? defaultModel)
{
    /// <summary>The provider the client was made for; null for none.</summary>
    public string? Provider => provider;

    /// <summary>The default model as far as it is known yet; null if unknown.</summary>
    public string? Default => defaultModel ?? engine.FindDefaultModel();

    /// <summary>The default model of a client that is made for a provider.</summary>
    public static string DefaultOf(string provider, string? model)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(provider);
        return model is null ? provider : $"{provider}/{model}";
    }

    public string Of(string? asked)
    {
        if (asked is null)
            return defaultModel ?? engine.DefaultModel;
        return Bound() is { } bound && !asked.StartsWith(bound + "/", StringComparison.OrdinalIgnoreCase) ? $"{bound}/{asked}" : asked;
    }

    private string? Bound() =>
        provider ?? (defaultModel is not null && engine.IsProvider(defaultModel) ? defaultModel : null);
}
