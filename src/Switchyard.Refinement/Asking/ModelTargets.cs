using System.Text.Json;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Engine;
using Switchyard.Providers.Catalogue;
using Switchyard.Refinement.Requests;

namespace Switchyard.Refinement.Asking;

/// <summary>What one call asks: a model, or the one of several targets that the routing chooses.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Among">The targets; null for those of the model.</param>
internal sealed record ModelQuestion(string Model, IReadOnlyList<string>? Among = null);

/// <summary>The models to ask for proposals, in order: each only if the ones before failed.</summary>
internal static class ModelTargets
{
    /// <summary>
    /// The name of a call that routing chooses a provider for. No list of models that a key may call has a pattern for it but <c>*</c>, so
    /// each target must be allowed by its own name.
    /// </summary>
    private const string OpenChoice = "(auto)";

    private static readonly Lazy<Dictionary<string, string>> s_models = new(ReadModels);

    /// <summary>
    /// The targets of a choice. A named provider is asked for the model configured for it, else for the one known to refine well and then,
    /// if that fails, for its own default. Without a provider: the chosen or configured model, else the default model if there are aliases,
    /// else the provider that the routing chooses among all.
    /// </summary>
    /// <exception cref="CallException">The named provider is not enabled because its key is missing.</exception>
    public static IReadOnlyList<ModelQuestion> Of(SwitchyardEngine engine, SwitchyardOptions options, RefinementChoice choice)
    {
        var models = options.Refinement.Models;
        if (!IsAuto(choice.Provider))
        {
            CheckKey(engine, choice.Provider);
            return [.. OfProvider(models, choice.Provider, choice.Model).Select(target => new ModelQuestion(target))];
        }

        if ((choice.Model ?? options.Refinement.Model) is { Length: > 0 } named)
            return [new(named)];
        if (options.Models.Count > 0 || engine.ProviderNames.Count == 0)
            return [new(engine.DefaultModel)];
        var targets = engine.ProviderNames.Select(name => OfProvider(models, name, null)).ToList();
        // The vendors that may no longer have the model known to refine well are asked for their default.
        List<string> substitutes = [.. targets.Where(own => own.Count > 1).Select(own => own[^1])];
        var first = new ModelQuestion(OpenChoice, [.. targets.Select(own => own[0])]);
        return substitutes.Count == 0 ? [first] : [first, new(OpenChoice, substitutes)];
    }

    public static bool IsAuto(string provider) =>
        provider.Length == 0 || provider.Equals(RefinementChoice.Auto, StringComparison.OrdinalIgnoreCase);

    /// <summary>The display name of a provider.</summary>
    public static string DisplayNameOf(string provider) => ProviderCatalog.Default.Find(provider)?.DisplayName ?? provider;

    /// <summary>The message for a provider without a key; null if it needs none or is unknown.</summary>
    public static string? MissingKeyOf(string provider) =>
        ProviderCatalog.Default.Find(provider) is { RequiresApiKey: true, KeyEnv: [var variable, ..] } known
        ? $"{known.DisplayName ?? known.Name} API key not configured. Set {variable} environment variable."
        : null;

    private static List<string> OfProvider(Dictionary<string, string> configured, string provider, string? model)
    {
        if (model is { Length: > 0 })
            return [model.StartsWith(provider + "/", StringComparison.OrdinalIgnoreCase) ? model : $"{provider}/{model}"];
        return configured.TryGetValue(provider, out var own) ? [$"{provider}/{own}"]
            : s_models.Value.TryGetValue(provider, out var known) ? [$"{provider}/{known}", provider]
            : [provider];
    }

    /// <exception cref="CallException">The provider is known, needs a key, and is not enabled.</exception>
    private static void CheckKey(SwitchyardEngine engine, string provider)
    {
        var name = ProviderCatalog.Default.Find(provider)?.Name ?? provider;
        if (engine.ProviderNames.Contains(name, StringComparer.OrdinalIgnoreCase) || engine.Registry.LoadErrors.ContainsKey(name)
            || MissingKeyOf(name) is not { } message)
        {
            return;
        }

        throw new CallException(
            new CallError(CallErrorKind.ProviderUnavailable, message) { Provider = name, Code = "missing_credentials" });
    }

    private static Dictionary<string, string> ReadModels()
    {
        using var stream = typeof(ModelTargets).Assembly.GetManifestResourceStream("models.json")!;
        using var document = JsonDocument.Parse(stream);
        return document.RootElement.EnumerateObject().ToDictionary(
            each => each.Name, each => each.Value.GetString()!, StringComparer.OrdinalIgnoreCase);
    }
}
