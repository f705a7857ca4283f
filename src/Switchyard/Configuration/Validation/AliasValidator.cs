using Switchyard.Configuration.Binding;
using static Switchyard.Configuration.ConfigurationKeys;
using static Switchyard.Configuration.ValidationFinding;

namespace Switchyard.Configuration.Validation;

/// <summary>Each alias has at least one target <c>provider/model</c> whose provider exists, and no target that is an alias.</summary>
internal sealed class AliasValidator : IConfigurationValidator
{
    public IEnumerable<ValidationFinding> Validate(SwitchyardOptions options, KnownNames known)
    {
        foreach (var (alias, route) in options.Models)
        {
            foreach (var finding in ValidateRules(alias, route, options))
                yield return finding;

            if (route.Targets.Count == 0)
            {
                yield return new(
                    Combine("models", alias), $"the alias '{Shorten(alias)}' needs at least one entry in targets: provider/model");
            }

            foreach (var finding in ValidateTargets(
                alias, "targets", route.Targets, weighted: IsWeighted(route.Strategy ?? options.Routing.Strategy)))
                yield return finding;
            foreach (var finding in ValidateTargets(alias, "fallback", route.Fallback, weighted: false))
                yield return finding;
        }

        IEnumerable<ValidationFinding> ValidateTargets(string alias, string list, List<TargetOptions> targets, bool weighted)
        {
            for (var index = 0; index < targets.Count; index++)
            {
                var path = Combine("models", alias, list, $"{index}", "model");
                if (ValidateTarget(path, "a target", alias, targets[index].Model, options, known) is { } finding)
                    yield return finding;
                if (ValidateWeight(targets[index].Weight, list, weighted) is { } reason)
                    yield return new ValidationFinding(Combine("models", alias, list, $"{index}", "weight"), reason);
            }
        }
    }

    /// <summary>A weight without effect is an error, and not ignored.</summary>
    private static string? ValidateWeight(double weight, string list, bool weighted) => weight switch
    {
        _ when !double.IsFinite(weight) || weight < 0 => "a target's weight is a number that is not negative",
        1 => null,
        _ when weighted => null,
        _ when list == "fallback" => "fallbacks are tried in the order written, so a weight has no effect; leave it out",
        _ => "a weight has an effect only with strategy: weighted or least-busy; add one, or leave the weight out",
    };

    private static bool IsWeighted(string strategy) => strategy is "weighted" or "least-busy";

    private static IEnumerable<ValidationFinding> ValidateRules(string alias, ModelRouteOptions route, SwitchyardOptions options)
    {
        if (route.FallBackOn.Count > 0 && route.Targets.Count + route.Fallback.Count < 2)
            yield return new(Combine("models", alias, "fall_back_on"), "there is no other target to fall back to; add one to fallback");
        if (route.Selected is { } selected)
        {
            if ((route.Strategy ?? options.Routing.Strategy) != "manual")
                yield return new(Combine("models", alias, "selected"), "selected has an effect only with strategy: manual");
            else if (!route.Targets.Any(target => target.Model == selected
                || target.Model.StartsWith($"{selected}/", StringComparison.OrdinalIgnoreCase)))
                yield return OfValue(
                    selected, Combine("models", alias, "selected"), $"'{ValuePlaceholder}' is not one of the alias's targets");
        }

        foreach (var (name, retries) in new[]
        {
            ("rate_limit", route.Retries.RateLimit), ("timeout", route.Retries.Timeout), ("server", route.Retries.Server),
        })
        {
            if (retries is < 0 or > RoutingValidator.MostRetries)
            {
                yield return new(
                    Combine("models", alias, "retries", name), $"a number of retries is between 0 and {RoutingValidator.MostRetries}");
            }
        }
    }

    /// <summary>
    /// Checks a target that has a single use: a disabled provider, which a list of targets skips, would leave this use without
    /// any call.
    /// </summary>
    internal static ValidationFinding? ValidateUse(
        string path, string use, string alias, string target, SwitchyardOptions options, KnownNames known) =>
        ValidateTarget(path, use, alias, target, options, known) is not { } finding ? null
            : finding.Severity == ProblemSeverity.Error ? finding
            : finding with
            {
                Message = $"{use} of '{Shorten(alias)}' would get no calls: the provider '{ValuePlaceholder}' is not enabled",
                Severity = ProblemSeverity.Error,
            };

    private static ValidationFinding? ValidateTarget(
        string path, string use, string alias, string target, SwitchyardOptions options, KnownNames known)
    {
        var slash = target.IndexOf('/', StringComparison.Ordinal);
        var provider = slash > 0 ? target[..slash] : "";
        var configured = options.Providers.GetValueOrDefault(provider);
        var exists = provider.Length > 0 && (configured is not null || known.IsProvider(provider));
        var whose = $"{use} of '{Shorten(alias)}'";

        // An alias may have the name openai/gpt-4o to redirect that name; its target of the same name is the real model.
        if (!exists && options.Models.ContainsKey(target))
        {
            var named = target == alias ? "itself" : $"the alias '{ValuePlaceholder}'";
            return OfValue(target, path, $"{whose} names {named}; a target is provider/model, never an alias");
        }

        if (slash <= 0 || slash == target.Length - 1 || target.Any(char.IsWhiteSpace))
            return new(path, $"{whose} is not provider/model, for example openai/gpt-4o-mini");
        if (!exists)
        {
            var suggestion = NearestName.Suggestion(provider, options.Providers.Keys.Concat(known.Providers));
            return OfValue(
                provider, path,
                $"{whose} names the provider '{ValuePlaceholder}', which is neither configured nor in the catalogue{suggestion}");
        }

        if (configured is not { Enabled: false })
            return null;
        return OfValue(
            provider, path, $"{whose} will be skipped: the provider '{ValuePlaceholder}' is not enabled", ProblemSeverity.Warning);
    }
}
