using Switchyard.Engine;

namespace Switchyard.Client;

/// <summary>
/// Which model a request of a client asks for. A client made for a provider asks that provider for whatever its callers name; any other
/// passes the name on.
/// </summary>
/// <param name="engine">The engine, started.</param>
/// <param name="provider">The provider it was made for; null for none, unless the default model is a provider's name.</param>
/// <param name="defaultModel">The model of a request that names none; null takes the engine's default.</param>
internal sealed class ModelChoice(SwitchyardEngine engine, string? provider, string? defaultModel)
{
    /// <summary>The provider the client was made for; null for none.</summary>
    public string? Provider => provider;

    /// <summary>The default model as far as it is known by now; null when it is not.</summary>
    public string? Default => defaultModel ?? engine.FindDefaultModel();

    public string Of(string? asked)
    {
        if (asked is null)
            return defaultModel ?? engine.DefaultModel;
        return Bound() is { } bound && !asked.StartsWith(bound + "/", StringComparison.OrdinalIgnoreCase) ? $"{bound}/{asked}" : asked;
    }

    private string? Bound() =>
        provider ?? (defaultModel is not null && engine.IsProvider(defaultModel) ? defaultModel : null);
}
