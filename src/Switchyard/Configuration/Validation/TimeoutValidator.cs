using Switchyard.Configuration.Binding;
using static Switchyard.Configuration.ConfigurationKeys;

namespace Switchyard.Configuration.Validation;

/// <summary>The clocks run, and the whole call outlasts its first token.</summary>
internal sealed class TimeoutValidator : IConfigurationValidator
{
    /// <summary>What a timer can be set to.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(24);

    public IEnumerable<Finding> Validate(SwitchyardOptions options, KnownNames known)
    {
        var clocks = options.Timeouts;
        foreach (var (name, value) in new[] { ("connect", clocks.Connect), ("first_token", clocks.FirstToken), ("idle", clocks.Idle), ("total", clocks.Total) })
        {
            if (value <= TimeSpan.Zero || value > Longest)
                yield return new Finding(Combine("timeouts", name), $"the timeout '{name}' must be longer than 0 and at most {DurationText.Format(Longest)}");
        }

        if (clocks.Total < clocks.FirstToken)
        {
            yield return new Finding(
                Combine("timeouts", "total"),
                $"the timeout 'total' ({DurationText.Format(clocks.Total)}) must not be shorter than 'first_token' ({DurationText.Format(clocks.FirstToken)})");
        }
    }
}
