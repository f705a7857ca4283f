using Switchyard.Configuration.Binding;
using static Switchyard.Configuration.ConfigurationKeys;

namespace Switchyard.Configuration.Validation;

/// <summary>Checks have an interval of a second to a day, end before the next one, and have a known level.</summary>
internal sealed class HealthValidator : IConfigurationValidator
{
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1), Longest = TimeSpan.FromDays(1);

    public IEnumerable<ValidationFinding> Validate(SwitchyardOptions options, KnownNames known)
    {
        var health = options.Health;
        if (health.Interval < Shortest || health.Interval > Longest)
        {
            yield return new(
                Combine("health", "interval"),
                $"the interval of health checks must be from {DurationText.Format(Shortest)} to {DurationText.Format(Longest)}; "
                + "to have none, set health.monitor to false");
        }

        if (health.Timeout <= TimeSpan.Zero || health.Timeout > health.Interval)
        {
            yield return new(
                Combine("health", "timeout"),
                "the timeout of a health check must be longer than 0 and not longer than the interval "
                + $"({DurationText.Format(health.Interval)})");
        }
    }
}
