using static Switchyard.Configuration.ConfigurationKeys;

namespace Switchyard.Configuration.Validation;

/// <summary>The shadow of an alias is a target that can be called and is not the alias's only one, with a share and caps above 0.</summary>
internal sealed class ShadowValidator : IConfigurationValidator
{
    public IEnumerable<ValidationFinding> Validate(SwitchyardOptions options, KnownNames known)
    {
        foreach (var (alias, route) in options.Models)
        {
            if (route.Shadow is not { } shadow)
                continue;
            var path = Combine("models", alias, "shadow");
            if (AliasValidator.ValidateUse(Combine(path, "target"), "the shadow", alias, shadow.Target, options, known)
                is { } finding)
                yield return finding;
            else if (route.Experiment is null && route.Targets is [{ } only] && only.Model == shadow.Target)
            {
                yield return new(
                    Combine(path, "target"), $"'{Shorten(alias)}' goes to this target already, so its shadow would show nothing");
            }

            if (shadow.Share is not (> 0 and <= 1))
            {
                yield return new(
                    Combine(path, "share"), "the share that is copied must be greater than 0%; leave shadow out to copy nothing");
            }

            if (shadow.Concurrency is < 1 or > 1000)
                yield return new(Combine(path, "concurrency"), "the copies that run at once must be from 1 to 1000");
            if (shadow.MaxPerMinute is < 1)
                yield return new(Combine(path, "max_per_minute"), "the copies of a minute must be at least 1; leave it out for no limit");
        }
    }
}
