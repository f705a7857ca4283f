using Switchyard.Common;
using Switchyard.Configuration;
using Switchyard.Models;
using Switchyard.Providers;
using Switchyard.Providers.Catalogue;
using Switchyard.Targets;

namespace Switchyard.Server.Composition;

/// <summary>
/// The models that limits and budgets name, and that are neither an alias, nor configured, nor in the catalogue: probably misspelt, so that
/// nothing is limited. Only a warning: a provider may have models that no list has.
/// </summary>
/// <param name="options">The configuration.</param>
internal sealed class UnknownModels(SwitchyardOptions options)
{
    private readonly List<(string Provider, string Model)> _configured = Configured(options);

    /// <summary>The settings that name one, and the message about each.</summary>
    public IEnumerable<(string Path, string Message)> Find()
    {
        foreach (var name in options.Limits.Keys)
        {
            if (name.IndexOf('/', StringComparison.Ordinal) is > 0 and var slash
                && MessageOf(name[..slash], name[(slash + 1)..]) is { } message)
                yield return (ConfigurationKeys.Combine("limits", name), message);
        }

        foreach (var (path, budget) in Budgets())
        {
            if (MessageOf(budget) is { } message)
                yield return (ConfigurationKeys.Combine(path, "model"), message);
        }
    }

    private IEnumerable<(string Path, BudgetOptions Budget)> Budgets() =>
        options.Budgets.Named.Select(pair => (ConfigurationKeys.Combine("budgets", pair.Key), pair.Value))
            .Concat(options.Keys.Where(pair => pair.Value.Budget is not null)
                .Select(pair => (ConfigurationKeys.Combine("keys", pair.Key, "budget"), pair.Value.Budget!)))
            .Concat(options.Tenants.Where(pair => pair.Value.Budget is not null)
                .Select(pair => (ConfigurationKeys.Combine("tenants", pair.Key, "budget"), pair.Value.Budget!)));

    /// <summary>The message about the model of a budget, which may be an alias, a model of one provider, or of any.</summary>
    private string? MessageOf(BudgetOptions budget)
    {
        if (budget.Model is not { } name || string.IsNullOrWhiteSpace(name))
            return null;
        if (name.AsSpan().ContainsAny('*', '?') || options.Models.ContainsKey(name))
            return null;
        if (budget.Provider is { } provider && !name.StartsWith($"{provider}/", StringComparison.OrdinalIgnoreCase))
            return MessageOf(provider, name);
        if (name.IndexOf('/', StringComparison.Ordinal) is > 0 and var slash && IsProvider(name[..slash]))
            return MessageOf(name[..slash], name[(slash + 1)..]);
        if (_configured.Exists(known => Same(known.Model, name))
            || ModelCatalog.Default.Providers.Any(listing => ModelCatalog.Default.IsListed(listing, name)))
            return null;
        var candidates = options.Models.Keys.Concat(_configured.Select(known => known.Model))
            .Concat(ModelCatalog.Default.All.Select(model => model.Id));
        return Message(name, NearNames.Find(name, candidates, most: 1));
    }

    /// <summary>The message about a model of one provider; null if it is known, or the provider's models are not.</summary>
    private string? MessageOf(string provider, string model)
    {
        var own = options.Providers.GetValueOrDefault(provider);
        var configured = _configured.Where(known => TargetNames.IsProvider(known.Provider, provider)).Select(known => known.Model).ToList();
        if (configured.Exists(known => Same(known, model)) || ProviderCatalog.Default.Find(own?.Type ?? provider) is not { } descriptor)
            return null;
        // At an address of the user's own, or on the user's machine, the models are the user's own too; so are names of deployments, which
        // a provider has whose default model is a placeholder.
        var listed = ModelCatalog.Default.List(descriptor.Name);
        if (own?.BaseUrl is not null || descriptor.Local || descriptor.DefaultModel is ['{', ..] || listed.Count == 0
            || ModelCatalog.Default.IsListed(descriptor.Name, model) || descriptor.Models.Any(known => Same(known, model)))
            return null;
        var near = NearNames.Find(model, configured.Concat(listed.Select(known => known.Id)), most: 1);
        return Message($"{provider}/{model}", [.. near.Select(name => $"{provider}/{name}")]);
    }

    private static string Message(string name, IReadOnlyList<string> near) =>
        $"'{ConfigurationKeys.Shorten(name)}' is neither an alias, nor a configured model, nor in the catalogue"
        + (near.Count > 0 ? $"; did you mean '{near[0]}'?" : "");

    private bool IsProvider(string name) => options.Providers.ContainsKey(name) || ProviderCatalog.Default.Find(name) is not null;

    /// <summary>The models that the configuration names for its providers, and as targets.</summary>
    private static List<(string Provider, string Model)> Configured(SwitchyardOptions options)
    {
        var found = new List<(string, string)>();
        foreach (var (name, provider) in options.Providers)
        {
            found.AddRange(provider.Models.Select(model => (name, model)));
            if (provider.DefaultModel is { } usual)
                found.Add((name, usual));
        }

        foreach (var target in options.Models.Values.SelectMany(TargetsOf))
        {
            if (target.IndexOf('/', StringComparison.Ordinal) is > 0 and var slash)
                found.Add((target[..slash], target[(slash + 1)..]));
        }

        return found;
    }

    private static IEnumerable<string> TargetsOf(ModelRouteOptions alias)
    {
        foreach (var target in alias.Targets.Concat(alias.Fallback))
            yield return target.Model;
        foreach (var variant in alias.Experiment?.Variants ?? [])
            yield return variant.Target;
        if (alias.Shadow is { } shadow)
            yield return shadow.Target;
    }

    private static bool Same(string left, string right) => left.Equals(right, StringComparison.OrdinalIgnoreCase);
}
