using static Switchyard.Configuration.ConfigurationKeys;

namespace Switchyard.Configuration.Validation;

/// <summary>The values of a refinement are within range, and its names are not empty.</summary>
internal sealed class RefinementValidator : IConfigurationValidator
{
    private const string Section = "refinement";

    public IEnumerable<ValidationFinding> Validate(SwitchyardOptions options, KnownNames known)
    {
        var refinement = options.Refinement;
        if (refinement.Temperature is not (>= 0 and <= 2))
            yield return new(Combine(Section, "temperature"), "the temperature must be from 0 to 2");
        if (refinement.MaxOutputTokens is < 16 or > 100_000)
            yield return new(Combine(Section, "max_output_tokens"), "the proposals need from 16 to 100000 tokens");
        if (refinement.Samples is < 0 or > 1000)
            yield return new(Combine(Section, "samples"), "from 0 to 1000 samples can be shown to a model");
        if (refinement.MaxBody is < 1024 or > 64 * 1024 * 1024)
            yield return new(Combine(Section, "max_body"), "the largest request must be from 1KB to 64MB");
        foreach (var (provider, model) in refinement.Models)
        {
            if (string.IsNullOrWhiteSpace(model))
                yield return new(Combine(Section, "models", provider), "name the model that is asked, or leave the provider out");
        }
    }
}
