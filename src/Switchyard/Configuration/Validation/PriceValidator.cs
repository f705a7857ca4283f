using System.IO.Enumeration;
using Switchyard.Canonical;
using static Switchyard.Configuration.ConfigurationKeys;
using static Switchyard.Configuration.ValidationFinding;

namespace Switchyard.Configuration.Validation;

/// <summary>Each price is complete, and its pattern can match a model of a provider that exists.</summary>
internal sealed class PriceValidator : IConfigurationValidator
{
    public IEnumerable<ValidationFinding> Validate(SwitchyardOptions options, KnownNames known)
    {
        foreach (var (pattern, price) in options.Prices.Models)
        {
            if (ValidatePattern(pattern, options, known) is { } finding)
                yield return finding;
            if (!price.IsOfToolsAlone)
            {
                foreach (var found in ValidateRates(price, Combine("prices", pattern)))
                    yield return found;
            }

            foreach (var (name, _) in price.Tools.Fees.Where(fee => fee.Fee < 0))
                yield return new(Combine("prices", pattern, "tools", name), "a price is not negative");
            foreach (var (tier, rates) in price.ServiceTiers)
            {
                var path = Combine("prices", pattern, "service_tiers", tier);
                if (ServiceTiers.Named(tier) is null || ServiceTiers.IsOrdinary(tier) || tier.Any(char.IsWhiteSpace))
                {
                    yield return new(
                        path,
                        "a service tier is named as answers name it, for example priority or flex; the ordinary one (default, standard) "
                            + "has the price outside service_tiers");
                }

                foreach (var found in ValidateRates(rates, path))
                    yield return found;
            }
        }
    }

    private static IEnumerable<ValidationFinding> ValidateRates(PriceRatesOptions price, string path)
    {
        if (price.Input is null || price.Output is null)
            yield return new(path, "a price needs input and output; write output: 0 if there is none");
        foreach (var (name, _) in price.Rates.Where(rate => rate.Rate < 0))
            yield return new(Combine(path, name), "a price is not negative");
    }

    private static ValidationFinding? ValidatePattern(string pattern, SwitchyardOptions options, KnownNames known)
    {
        var path = Combine("prices", pattern);
        var slash = pattern.IndexOf('/', StringComparison.Ordinal);
        if (slash <= 0 || slash == pattern.Length - 1 || pattern.Any(char.IsWhiteSpace))
            return new(path, "a price is for provider/model, for example \"local/*\"");
        var provider = pattern[..slash];
        if (provider.AsSpan().ContainsAny('*', '?'))
        {
            var names = options.Providers.Keys.Concat(known.Providers);
            return !known.Providers.Any() || names.Any(name => FileSystemName.MatchesSimpleExpression(provider, name, ignoreCase: true))
                ? null
                : OfValue(
                    provider, path, $"the pattern '{ValuePlaceholder}' matches no provider that is configured or in the catalogue");
        }

        return known.FindMissing(provider, path, options)
            ?? (options.Providers.GetValueOrDefault(provider) is { Enabled: false }
                ? OfValue(
                    provider, path, $"the price has no effect: the provider '{ValuePlaceholder}' is not enabled", ProblemSeverity.Warning)
                : null);
    }
}
