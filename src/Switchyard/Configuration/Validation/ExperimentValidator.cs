using Switchyard.Configuration.Binding;
using static Switchyard.Configuration.ConfigurationKeys;

namespace Switchyard.Configuration.Validation;

/// <summary>
/// An experiment has two variants or more with targets that can be called, shares that fit into 100%, and distinct names. A variant that
/// would get no call is an error: it would compare nothing.
/// </summary>
internal sealed class ExperimentValidator : IConfigurationValidator
{
    private const double SmallestAlpha = 0.001, LargestAlpha = 0.2;

    // Sums of shares such as 33.3% are not exact.
    private const double Rounding = 1e-9;

    public IEnumerable<ValidationFinding> Validate(SwitchyardOptions options, KnownNames known)
    {
        var names = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (alias, route) in options.Models)
        {
            if (route.Experiment is not { } experiment)
                continue;
            var path = Combine("models", alias, "experiment");
            var name = experiment.Name ?? alias;
            if (experiment.Name is { } written && !IsName(written))
                yield return new(Combine(path, "name"), $"the name of an experiment {Rule}");
            else if (!names.TryAdd(name, alias))
                yield return new(path, $"the aliases '{Shorten(names[name])}' and '{Shorten(alias)}' have experiments of the same name");
            if (experiment.Alpha is < SmallestAlpha or > LargestAlpha)
                yield return new(Combine(path, "alpha"), "alpha is the chance of a false alarm: at least 0.1% and at most 20%");
            if (experiment.Variants.Count < 2)
                yield return new(path, "an experiment needs at least two entries in variants: { target: provider/model, share: 50% }");
            foreach (var finding in ValidateVariants(path, alias, experiment.Variants, options, known))
                yield return finding;
        }
    }

    private static string Rule => "is made of letters, digits, '.', '-' and '_'";

    private static IEnumerable<ValidationFinding> ValidateVariants(
        string path, string alias, List<VariantOptions> variants, SwitchyardOptions options, KnownNames known)
    {
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < variants.Count; i++)
        {
            var (variant, place) = (variants[i], Combine(Combine(path, "variants"), $"{i}"));
            if (AliasValidator.ValidateUse(Combine(place, "target"), "a variant", alias, variant.Target, options, known)
                is { } finding)
                yield return finding;
            if (variant.Name is { } written && !IsName(written))
                yield return new(Combine(place, "name"), $"the name of a variant {Rule}");
            else if (!names.Add(variant.Name ?? variant.Target))
                yield return new(place, "two variants have the same name or target; give each a name of its own");
            if (variant.Share is not (> 0 and <= 1))
                yield return new(place, "a variant needs a share greater than 0%, for example share: 50%");
        }

        var sum = variants.Sum(variant => variant.Share ?? 0);
        if (sum > 1 + Rounding)
            yield return new(Combine(path, "variants"), $"the shares of the variants add up to {PercentText.Format(sum)}, more than 100%");
    }

    private static bool IsName(string name) =>
        name.Length is > 0 and <= 64 && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-' or '_');
}
