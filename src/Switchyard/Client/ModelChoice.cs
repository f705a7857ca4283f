using Switchyard.Calls;
using Switchyard.Engine;

namespace Switchyard.Client;

/// <summary>
/// The model that a client's request is for. A client made for a provider sends every model name to that provider; any other client
/// passes the name on.
/// </summary>
/// <param name="engine">The engine, started.</param>
/// <param name="provider">The provider it was made for; null for none, unless the default model is a provider's name.</param>
/// <param name="defaultModel">The model of a request without a model; null takes the engine's default.</param>
/// <param name="options">The class of the options that name a request's model, for the error of one without a model.</param>
internal sealed class ModelChoice(SwitchyardEngine engine, string? provider, string? defaultModel, string options)
{
    /// <summary>The name of the clients in their metadata.</summary>
    public const string ClientName = "switchyard";

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

    /// <summary>The model of a request.</summary>
    /// <param name="asked">The model it names; null for none.</param>
    /// <exception cref="CallException">It names none, and there is no default.</exception>
    public string Of(string? asked)
    {
        if (asked is null)
        {
            return defaultModel ?? engine.FindDefaultModel() ?? throw new CallException(
                CallErrorKind.InvalidRequest, $"No model was named. Set {options}.ModelId, or give the client a default model.", "model");
        }

        return BoundProvider() is { } bound && !asked.StartsWith(bound + "/", StringComparison.OrdinalIgnoreCase)
            ? $"{bound}/{asked}"
            : asked;
    }

    /// <summary>What a client answers to <c>GetService</c>: its metadata, the engine or itself; null for anything else.</summary>
    /// <param name="client">The client.</param>
    /// <param name="serviceType">The type asked for.</param>
    /// <param name="serviceKey">The key asked for; a client has services without a key only.</param>
    /// <param name="metadata">Creates its metadata, with the default model.</param>
    public object? FindService<TMetadata>(object client, Type serviceType, object? serviceKey, Func<string?, TMetadata> metadata)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(TMetadata) ? metadata(Default)
            : serviceType == typeof(SwitchyardEngine) ? engine
            : serviceType.IsInstanceOfType(client) ? client
            : null;
    }

    private string? BoundProvider() =>
        provider ?? (defaultModel is not null && engine.IsProvider(defaultModel) ? defaultModel : null);
}
