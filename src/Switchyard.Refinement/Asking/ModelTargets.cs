using System.Text.Json;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Engine;
using Switchyard.Providers.Catalogue;
using Switchyard.Refinement.Requests;

namespace Switchyard.Refinement.Asking;

/// <summary>Which models are asked for proposals, in order: each only when the ones before could not be.</summary>
internal static class ModelTargets
{
    private static readonly Lazy<Dictionary<string, string>> s_models = new(ReadModels);

    /// <summary>
    /// The targets of a choice. A provider that is named is asked for the model that is configured for it, or else known to refine well,
    /// and if it has no longer that one, for its own default. Without a name it is the first alias of the configuration, or each provider
    /// by its priority.
    /// </summary>
    /// <exception cref="CallException">The provider named is not there, and the reason is a missing key.</exception>
    public static IReadOnlyList<string> Of(SwitchyardEngine engine, SwitchyardOptions options, RefinementChoice choice)
    {
        var models = options.Refinement.Models;
        if (!IsAuto(choice.Provider))
        {
            CheckKey(engine, choice.Provider);
            return OfProvider(models, choice.Provider, choice.Model);
        }

        if ((choice.Model ?? options.Refinement.Model) is { Length: > 0 } named)
            return [named];
        if (options.Models.Count > 0 || engine.ProviderNames.Count == 0)
            return [engine.DefaultModel];
        return [
            .. engine.ProviderNames.OrderByDescending(name => PriorityOf(options, name))
                .SelectMany(name => OfProvider(models, name, null))];
    }

    public static bool IsAuto(string provider) =>
        provider.Length == 0 || provider.Equals(RefinementChoice.Auto, StringComparison.OrdinalIgnoreCase);

    /// <summary>The name of a provider as people write it.</summary>
    public static string DisplayNameOf(string provider) => ProviderCatalog.Default.Find(provider)?.DisplayName ?? provider;

    /// <summary>What is said where a provider has no key.</summary>
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

    private static int PriorityOf(SwitchyardOptions options, string name) =>
        (options.Providers.TryGetValue(name, out var written) ? written.Priority : null) ?? ProviderCatalog.Default.Find(name)?.Priority
            ?? 0;

    private static Dictionary<string, string> ReadModels()
    {
        using var stream = typeof(ModelTargets).Assembly.GetManifestResourceStream("models.json")!;
        using var document = JsonDocument.Parse(stream);
        return document.RootElement.EnumerateObject().ToDictionary(
            each => each.Name, each => each.Value.GetString()!, StringComparer.OrdinalIgnoreCase);
    }
}
