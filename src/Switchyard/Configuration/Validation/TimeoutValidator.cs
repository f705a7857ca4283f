using Switchyard.Calls;
using Switchyard.Configuration.Binding;
using static Switchyard.Configuration.ConfigurationKeys;

namespace Switchyard.Configuration.Validation;

/// <summary>Timeouts are longer than 0 and at most 24 days, and <c>total</c> is not shorter than <c>first_token</c>.</summary>
internal sealed class TimeoutValidator : IConfigurationValidator
{
    /// <summary>24 days, below the <see cref="int.MaxValue"/> milliseconds (24.8 days) that some timers are limited to.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(24);

    public IEnumerable<ValidationFinding> Validate(SwitchyardOptions options, KnownNames known)
    {
        var timeouts = options.Timeouts;
        (string Name, TimeSpan Value)[] all =
        [
            ("connect", timeouts.Connect), ("first_token", timeouts.FirstToken ?? CallClocks.Default.FirstTokenOf(reasons: false)),
            ("attempt", timeouts.Attempt),
            ("idle", timeouts.Idle), ("write", timeouts.Write), ("total", timeouts.Total),
        ];
        foreach (var (name, value) in all)
        {
            if (value <= TimeSpan.Zero || value > Longest)
            {
                yield return new(
                    Combine("timeouts", name), $"the timeout '{name}' must be longer than 0 and at most {DurationText.Format(Longest)}");
            }
        }

        if (timeouts.FirstToken is { } firstToken && timeouts.Total < firstToken)
        {
            yield return new(
                Combine("timeouts", "total"),
                $"the timeout 'total' ({DurationText.Format(timeouts.Total)}) must not be shorter than "
                + $"'first_token' ({DurationText.Format(firstToken)})");
        }
    }
}
