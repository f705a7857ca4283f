using Switchyard.Configuration.Binding;
using static Switchyard.Configuration.ConfigurationKeys;

namespace Switchyard.Configuration.Validation;

/// <summary>Aliases lead somewhere: to at least one <c>provider/model</c> whose provider exists, and never to another alias.</summary>
internal sealed class AliasValidator : IConfigurationValidator
{
    private static readonly IReadOnlyList<string> Strategies =
        OptionShape.Root.Find("models")!.Shape.Element!.Find("strategy")!.KnownValues;

    public IEnumerable<Finding> Validate(SwitchyardOptions options, KnownNames known)
    {
        foreach (var (alias, route) in options.Models)
        {
            if (!Strategies.Contains(route.Strategy, StringComparer.Ordinal))
            {
                yield return new Finding(
                    Combine("models", alias, "strategy"),
                    $"the strategy '{Finding.ValueHere}' is not available; this version knows: {string.Join(", ", Strategies)}")
                {
                    Value = route.Strategy,
                };
            }

            if (route.Targets.Count == 0)
                yield return new Finding(Combine("models", alias), $"the alias '{Shorten(alias)}' needs at least one entry in targets: provider/model");
            foreach (var finding in ValidateTargets(alias, "targets", route.Targets, weighted: route.Strategy == "weighted")
                .Concat(ValidateTargets(alias, "fallback", route.Fallback, weighted: false)))
                yield return finding;
        }

        IEnumerable<Finding> ValidateTargets(string alias, string list, List<TargetOptions> targets, bool weighted)
        {
            for (var index = 0; index < targets.Count; index++)
            {
                var path = Combine("models", alias, list, $"{index}", "model");
                if (ValidateTarget(path, alias, targets[index].Model, options, known) is { } finding)
                    yield return finding;
                if (ValidateWeight(targets[index].Weight, list, weighted) is { } reason)
                    yield return new Finding(Combine("models", alias, list, $"{index}", "weight"), reason);
            }
        }
    }

    /// <summary>A weight that would decide nothing is an error rather than ignored.</summary>
    private static string? ValidateWeight(double weight, string list, bool weighted) => weight switch
    {
        _ when !double.IsFinite(weight) || weight <= 0 => "a target's weight is a number greater than 0",
        1 => null,
        _ when weighted => null,
        _ when list == "fallback" => "fallbacks are tried in the order written, so a weight would decide nothing; leave it out",
        _ => "a weight decides only where the alias says strategy: weighted; add that, or leave the weight out",
    };

    private static Finding? ValidateTarget(string path, string alias, string target, SwitchyardOptions options, KnownNames known)
    {
        var slash = target.IndexOf('/', StringComparison.Ordinal);
        var provider = slash > 0 ? target[..slash] : "";
        var configured = options.Providers.GetValueOrDefault(provider);
        var exists = provider.Length > 0 && (configured is not null || known.IsProvider(provider));
        var whose = $"a target of '{Shorten(alias)}'";

        // An alias may be called openai/gpt-4o to redirect that very name; its target of the same name is the real model.
        if (!exists && options.Models.ContainsKey(target))
        {
            var named = target == alias ? "itself" : $"the alias '{Finding.ValueHere}'";
            return new Finding(path, $"{whose} names {named}; a target is provider/model, never an alias") { Value = target };
        }

        if (slash <= 0 || slash == target.Length - 1 || target.Any(char.IsWhiteSpace))
            return new Finding(path, $"{whose} is not provider/model, for example openai/gpt-4o-mini");
        if (!exists)
        {
            var suggestion = NearestName.Suggestion(provider, options.Providers.Keys.Concat(known.Providers));
            return new Finding(path, $"{whose} names the provider '{Finding.ValueHere}', which is neither configured nor in the catalogue{suggestion}")
            {
                Value = provider,
            };
        }

        return configured is { Enabled: false }
            ? new Finding(path, $"{whose} will be skipped: the provider '{Finding.ValueHere}' is not enabled", ProblemSeverity.Warning) { Value = provider }
            : null;
    }
}
